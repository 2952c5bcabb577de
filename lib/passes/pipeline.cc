#include "lib/passes/pipeline.h"

#include <filesystem>
#include <fstream>

#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"
#include "lib/graph/text.h"
#include "lib/passes/passes.h"
#include "lib/passes/verify.h"

namespace qconvert {
namespace {

constexpr Pass kFloatList[] = {
    {"fold-constants", FoldConstants, "arithmetic on shapes and weights must be gone first"},
    {"drop-identities", DropIdentities, "Identity and inference Dropout carry no arithmetic"},
    {"drop-dead", DropDead, "what nobody reads would count as a reader"},
    {"simplify-clamps", SimplifyClamps, "patterns and fusing know clamps in one spelling"},
    {"fold-batch-norm", FoldBatchNorm, "needs linear operators and BatchNorm adjacent"},
    {"fold-affine", FoldAffine, "what fold-batch-norm left as Mul and Add is read too"},
    {"fuse-activations", FuseActivations, "the producer is what batch norm was folded into"},
    {"fold-pad", FoldPad, "a fused Relu tells that a Pad of 0 never wins"},
    {"add-bias", AddBias, "after all folding, which adds the biases that mean something"},
    {"drop-dead", DropDead, "folded constants have lost their readers"},
    {"restore-names", RestoreNames, "the last: names are free once dead tensors are gone"},
};

constexpr Pass kLoadList[] = {
    {"fold-pad", FoldPad, "files hold only SAME and VALID; our kernels pad as they read"},
    {"drop-dead", DropDead, "folded Pads"},
};

void Dump(const Graph& graph, const DumpOptions& dump, size_t number, std::string_view name) {
  if (dump.directory.empty()) return;
  std::error_code ignored;  // the file that cannot be opened is the error to tell
  std::filesystem::create_directories(dump.directory, ignored);
  const std::string path = fmt::format("{}/{:02}-{}.txt", dump.directory, number, name);
  std::ofstream file(path);
  file << ToText(graph);
  if (!file.flush()) Fail(ErrorKind::kIo, path + ": cannot be written");
}

}  // namespace

void RunPasses(std::span<const Pass> passes, Graph& graph, const DumpOptions& dump) {
  VerifyGraph(graph);
  Dump(graph, dump, 0, "before");
  for (size_t i = 0; i < passes.size(); ++i) {
    try {
      passes[i].run(graph);
      VerifyGraph(graph);
    } catch (const Error& error) {
      throw error.WithContext(fmt::format("pass {}", passes[i].name));
    }
    Dump(graph, dump, i + 1, passes[i].name);
  }
}

constinit const std::span<const Pass> kFloatPasses = kFloatList;
constinit const std::span<const Pass> kLoadPasses = kLoadList;

}  // namespace qconvert
