// The public API: convert a model, compare two models. cmd/ is one user of it. Standard headers
// only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/error.h"

namespace qconvert {

/// Where samples come from and how pictures become input values.
struct DataOptions {
  std::vector<std::string> paths;       ///< "PATH", or "NAME=PATH" for models with several inputs
  size_t samples = 0;                   ///< at most so many; 0: all
  int resize = 0;                       ///< pixels of the shorter side; 0: just enough for the crop
  int crop_height = 0, crop_width = 0;  ///< 0: the model's input
  float pixel_range = 1;                ///< 1: pixels / 255; 255: as they are
  std::vector<float> mean, std;         ///< one value or one per channel; empty: 0 and 1
  bool bgr = false;
  bool preprocessing_given = false;  ///< else qeval takes what the file remembers
};

/// What qconvert does. Field = flag.
struct ConvertOptions {
  std::string model;
  std::string output;  ///< empty: the model's stem with .tflite, in the current folder
  std::map<std::string, std::vector<int64_t>> shapes;
  DataOptions data;

  enum class Mode { kInteger, kWeightsOnly, kFloat };
  Mode mode = Mode::kInteger;
  int bits = 8;
  bool per_channel = true;
  bool asymmetric = false;
  bool search_weight_scales = true;  ///< for the least error; else max|w| / limit
  bool allow_extensions = false;
  enum class Io { kFloat32, kInt8, kUInt8 };
  Io io = Io::kFloat32;
  bool keep_layout = false;
  bool strict = false;
  std::string exclude;
  bool min_max = false;  ///< plain min/max instead of the moving average
  float decay = 0.95F;
  int threads = 0;          ///< 0: as many as the machine has
  std::string dump_passes;  ///< folder for the text form after each pass; empty: none
  bool quiet = false;
};

struct FloatNodeSummary {
  std::string name, kind, reason;
};

struct LayerSummary {
  std::string node, kind;
  double sqnr_db = 0;
};

struct OutputSummary {
  std::string name;
  double sqnr_db = 0;
  double largest_error = 0;
  bool constant = false, saturated = false;
};

/// What qconvert did.
struct ConvertSummary {
  std::string output;
  size_t model_bytes = 0, output_bytes = 0;
  std::string mode;         ///< "int8 per channel", "weights only", ...
  std::string calibration;  ///< how the ranges were found
  bool accuracy_proven = false;
  size_t calibration_samples = 0;
  double input_min = 0, input_max = 0, input_mean = 0;
  int integer_nodes = 0;
  std::vector<FloatNodeSummary> float_nodes;
  std::vector<std::string> warnings;
  std::map<std::string, std::string> layouts;  ///< by input or output name: "nhwc" or "keep"
  // The conversion's check of its own result, on calibration samples.
  size_t checked_samples = 0;
  size_t agreement = 0;
  std::vector<OutputSummary> outputs;
  std::vector<LayerSummary> worst_layers;
  double seconds = 0;
};

/// Converts one model; writes the file, or throws Error and writes nothing.
ConvertSummary Convert(const ConvertOptions& options);

/// What qeval does.
struct EvaluateOptions {
  std::string reference, candidate;
  std::map<std::string, std::vector<int64_t>> shapes;
  DataOptions data;
  std::string labels;
  enum class Layout { kUnsaid, kNchw, kNhwc };
  Layout candidate_layout = Layout::kUnsaid;
  bool reference_kernels = false;
  bool layers = false;
  int threads = 0;
  bool quiet = false;
  // Gates; unset: not judged.
  std::optional<double> max_drop;       ///< percentage points of top-1
  std::optional<double> min_top1;       ///< percent
  std::optional<double> min_agreement;  ///< percent
  std::optional<double> min_sqnr;       ///< dB, of the worst output
};

/// One gate's verdict.
struct GateResult {
  std::string name;
  double limit = 0, value = 0;
  bool passed = false;
};

struct AccuracySummary {
  double top1_percent = 0, top5_percent = 0;
};

/// What qeval found.
struct EvaluateSummary {
  std::string reference, candidate, data;
  size_t samples = 0;
  double agreement_percent = 0;
  std::optional<AccuracySummary> reference_accuracy, candidate_accuracy;
  std::vector<OutputSummary> outputs;
  std::vector<LayerSummary> layers;
  std::vector<GateResult> gates;
  bool degenerate = false;
  bool passed = true;
  double seconds = 0;
};

/// Compares two models on samples.
EvaluateSummary Evaluate(const EvaluateOptions& options);

/// Returns a summary as a JSON document.
std::string ToJson(const ConvertSummary& summary);
std::string ToJson(const EvaluateSummary& summary);
/// Returns the gates as a JUnit XML document, one test case each.
std::string ToJUnit(const EvaluateSummary& summary);

/// Returns the table of operators: ONNX spellings, TFLite code, integer or float (markdown).
std::string OperatorTable();

}  // namespace qconvert
