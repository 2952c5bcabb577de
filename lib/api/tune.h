// Training of a quantized network.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lib/api/convert_options.h"

#pragma GCC visibility push(default)

namespace qconvert {

/// How far a training is; `Tune` reports it after each validation.
struct TuneProgress {
  uint64_t step = 0, steps = 0;
  double rate = 0;             ///< learning rate of the last step
  double loss = 0;             ///< mean of the steps since the last report
  std::string unit;            ///< of the next three: "%" of the validation's samples, or "dB"
  double validation = 0;       ///< of the file of this step
  double best = 0, plain = 0;  ///< of the best file so far, and of the file without training
  double seconds_left = 0;
};

struct TuneSummary;

/// What qtune does. Field = flag.
struct TuneOptions {
  /// How the file is made; mode is kInteger. data: what is trained on.
  ConvertOptions convert;
  std::string labels;  ///< of the samples that are trained on; empty: the float network is followed
  DataOptions validation;         ///< without paths a tenth of the training's samples is held out
  std::string validation_labels;  ///< of the samples in `validation`
  int epochs = 3;
  int batch = 32;
  int micro_batch = 0;  ///< samples whose activations may be in memory at once; 0: the batch
  bool flip = false;    ///< half of the pictures mirrored, drawn anew in each epoch
  int padded_crop = 0;  ///< pixels of black around a picture, of which its size is cut; 0: none
  std::optional<std::string> optimizer;  ///< "adam" or "sgd"; unset: "adam"
  /// Unset: the optimizer's usual one. Of "adam" it is relative: to the root mean square of a
  /// layer's weights, and for biases to an eighth of the range of its result.
  std::optional<double> learning_rate;
  std::optional<double> momentum;  ///< of "sgd"; unset: 0.9
  double weight_decay = 0;
  enum class Schedule { kCosine, kStep, kConstant };
  Schedule schedule = Schedule::kCosine;
  int warm_up = 0;  ///< steps
  double ema = 0;   ///< decay of the average of the weights that is written; 0: the weights are
  uint64_t seed = 0;
  /// kFixed: as the calibration found them; kLearned: scales are trained, too.
  enum class Ranges { kFixed, kLearned };
  Ranges ranges = Ranges::kLearned;
  /// Of the batch norms that the model keeps. kCorrected: statistics of batches, weights folded
  /// with the running ones; kNaive: folded with those of the batch; kFrozen: folded before
  /// training. Unset: kFrozen. The others need batches of several samples.
  enum class BatchNorm { kCorrected, kNaive, kFrozen };
  std::optional<BatchNorm> batch_norm;
  std::optional<int> freeze_bn_after;  ///< steps with statistics of batches; unset: all
  /// Bits of int8 activations, 2 to 7, simulated: the file clamps them to so few integers.
  /// Unset: 8.
  std::optional<int> simulated_activation_bits;
  /// How weights are rounded while they are trained; the file has them nearest.
  enum class Rounding { kNearest, kStochastic };
  Rounding rounding = Rounding::kNearest;
  /// Whether channels are equalized before the training, where that lowers the measured error.
  /// Unset: with one scale per layer, where nothing else forbids it.
  std::optional<bool> equalize;
  enum class Loss { kAuto, kSquares };
  Loss loss = Loss::kAuto;             ///< kAuto: cross-entropy where outputs are scores
  std::optional<double> distillation;  ///< the teacher's share, in [0, 1]; unset: 0.5, or 1
  std::optional<double> temperature;   ///< of the distillation; unset: 2
  std::string teacher;                 ///< another float .onnx to follow; empty: the model itself
  int validate_every = 0;              ///< steps; 0: once an epoch
  std::string state;                   ///< file that a killed run goes on from; empty: none
  bool resume = false;
  std::string log;  ///< JSON lines, one for each validation; empty: none
  /// The float model with trained weights, and nothing else changed; empty: none. What it could not
  /// hold is not trained.
  std::string save_onnx;
  std::function<void(const TuneProgress&)> report;   ///< may be empty
  std::function<void(const std::string&)> announce;  ///< of what begins, in words; may be empty
  /// What an interrupted training did, before Error(kInterrupted); may be empty.
  std::function<void(const TuneSummary&)> interrupted;
};

/// How the float network, the file without training and the trained one do on the validation's
/// samples.
struct TunedAccuracy {
  std::optional<double> top1_percent;       ///< with labels
  std::optional<double> agreement_percent;  ///< with the float network's top-1, where there is one
  double sqnr_db = 0;                       ///< of the worst output, against the float network
};

/// What qtune did. Without labels, TuneOptions::teacher is what files are compared with.
struct TuneSummary {
  std::string output, mode, calibration;
  size_t output_bytes = 0;
  size_t training_samples = 0, validation_samples = 0;
  std::string validation;    ///< where its samples come from
  std::string equalization;  ///< what was equalized, in words; empty: nothing was tried
  std::string rounding;      ///< of the weights it begins with, in words; empty: to the nearest
  std::string batch_norm;    ///< what was done with batch norms, in words
  size_t parameters = 0;     ///< that were trained
  uint64_t steps = 0;
  size_t memory_bytes = 0;  ///< that the run was said to take at most
  std::vector<std::string> warnings;
  std::optional<double> float_top1_percent;
  TunedAccuracy plain, tuned;
  std::vector<TuneProgress> curve;  ///< one at each validation
  bool is_tuned = false;  ///< else the file is the one without training, which is no worse
  double last_loss = 0;
  double seconds = 0;
};

/// Trains the quantized network that Convert makes, as its integers round, and writes the file of
/// the best state; or Convert's file where training gains nothing. An interrupted run writes its
/// state and the best file so far, and throws Error(kInterrupted).
TuneSummary Tune(const TuneOptions& options);

}  // namespace qconvert

#pragma GCC visibility pop
