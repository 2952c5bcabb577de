#include "lib/convert/teacher.h"

#include <spdlog/fmt/fmt.h>

#include "lib/convert/load_model.h"
#include "lib/convert/open_network.h"

namespace qconvert {
namespace {

/// Requires that both networks read the same samples. Where there are several inputs, their names
/// tell them apart.
void RequireSameInputs(const Graph& own, const Graph& teacher) {
  const auto wanted = SampleInputs(own), inputs = SampleInputs(teacher);
  if (inputs.size() != wanted.size()) {
    Fail(ErrorKind::kUnusable,
         fmt::format("it has {} inputs, the model {}", inputs.size(), wanted.size()));
  }
  for (size_t k = 0; k < inputs.size(); ++k) {
    const bool named = inputs.size() == 1 || inputs[k].name == wanted[k].name;
    if (named && inputs[k].shape == wanted[k].shape && inputs[k].type == wanted[k].type) continue;
    Fail(ErrorKind::kUnusable,
         fmt::format("input '{}' is {} {}, the model's '{}' {} {}", inputs[k].name,
                     ElementTypeName(inputs[k].type), ToText(inputs[k].shape), wanted[k].name,
                     ElementTypeName(wanted[k].type), ToText(wanted[k].shape)));
  }
}

/// Requires that the losses of the one network can be read of the other.
void RequireSameOutputs(const Graph& own, const Graph& teacher, bool scores) {
  std::vector<LossTensor> losses = FindLossTensors(own, own, scores);
  FollowOther(own, teacher, losses);
}

}  // namespace

FloatNetwork OpenTeacher(const TuneOptions& options, const ConvertOptions& settled,
                         const Graph& own) {
  ConvertOptions teacher = settled;
  teacher.model = options.teacher;
  FloatNetwork network = OpenNetwork(teacher, "");
  RequireUnquantized(teacher.model, network.graph(), "give its float original");
  Naming(teacher.model, [&] {
    RequireSameInputs(own, network.graph());
    RequireSameOutputs(own, network.graph(), options.loss == TuneOptions::Loss::kAuto);
  });
  network.Release();
  return network;
}

void RequireUnquantized(const std::string& path, const Graph& network, const std::string& instead) {
  if (network.metadata.count("quantization") == 0) return;
  Fail(ErrorKind::kUnsupported, path + ": the model is quantized already; " + instead);
}

}  // namespace qconvert
