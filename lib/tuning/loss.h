// How far one sample's outputs are from what is wanted of them, and which way they should move.
// trainer.h sets the gradients of a run from it.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "lib/graph/graph.h"

namespace qconvert {

/// A tensor that the loss reads. Of scores it is what a last Softmax or LogSoftmax reads: the
/// gradient of its logarithm needs no probabilities, which 8 bits round to 0.
struct LossTensor {
  TensorId teacher = kNoTensor;  ///< in the float graph
  TensorId student = kNoTensor;  ///< in the quantized graph
  bool scores = false;           ///< a softmax over all values gives the classes' probabilities
};

/// Finds the tensors that a loss reads, one for each float output. An output is of scores if it is
/// a vector, or if it is a softmax, whatever comes between it and the output but copies.
///   quantized  built from `real`
///   scores     false: no output is taken for scores
std::vector<LossTensor> FindLossTensors(const Graph& real, const Graph& quantized, bool scores);

/// Makes another float network the teacher: sets the teacher's tensor of each loss to what stands
/// for it there.
///   real    that `losses` were found in
///   Throws Error(kUnusable) when an output has another number of classes, or another shape where
///   it is not of scores.
void FollowOther(const Graph& real, const Graph& teacher, std::span<LossTensor> losses);

/// What the loss is made of.
struct LossSettings {
  double distillation = 1;  ///< share of the teacher's part; the other is that of labels
  double temperature = 1;   ///< that the teacher's and the student's scores are divided by
};

/// Adds the gradient of the loss of scores by the student's values: of
///   (1 - distillation) cross-entropy(label) + distillation T^2 KL(teacher / T, student / T)
/// (Hinton et al. 2015, arXiv:1503.02531, section 2). Returns the loss.
///   label      without one, the teacher's part alone counts
///   gradients  of the student's length; empty: none is wanted
double AddScoreLoss(const LossSettings& settings, std::span<const float> teacher,
                    std::span<const float> student, std::optional<int> label,
                    std::span<float> gradients);

/// The same of values: the squared error over `power` per value.
///   power  the mean square of the teacher's values over all samples; the loss is then the ratio of
///          noise to signal
double AddValueLoss(double power, std::span<const float> teacher, std::span<const float> student,
                    std::span<float> gradients);

}  // namespace qconvert
