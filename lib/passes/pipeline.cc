#include "lib/passes/pipeline.h"

#include <filesystem>

#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"
#include "lib/base/output_file.h"
#include "lib/graph/text.h"
#include "lib/passes/passes.h"
#include "lib/passes/verify.h"

namespace qconvert {
namespace {

constexpr std::string_view kBefore = "before";  // names the dump of the graph that comes in

const Pass kSimplifyingList[] = {
    {"fold-constants", FoldConstants, "arithmetic on shapes and weights must be gone first"},
    {"drop-identities", DropIdentities, "Identity and inference Dropout carry no arithmetic"},
    {"drop-dead", DropDead, "what nobody reads would count as a reader"},
    {"lower-division", LowerDivision, "the patterns that follow then know only products"},
    {"simplify-clamps", SimplifyClamps, "patterns and fusing know clamps in one spelling"},
    {"recognise-sigmoid", RecogniseSigmoid, "a function that exporters write out"},
    {"recognise-gelu", RecogniseGelu, "the same; its Erf has no other way into a file"},
    {"recognise-hard-swish", RecogniseHardSwish, "needs its clamp in one spelling and not fused"},
    {"lower-hard-sigmoid", LowerHardSigmoid, "those that are no part of a HardSwish"},
    {"lower-negation", LowerNegation, "patterns know it as Neg, folding as a product"},
    {"fold-affine", FoldAffine, "a Transpose may come between a matrix product and its bias"},
    {"fold-scale", FoldScale,
     "biases first: they are scaled, too; attention's moves still lead straight to it"},
    {"split-groups", SplitGroups, "layouts see axes as a model has them, not merged ones"},
    {"recognise-pixel-shuffle", RecognisePixelShuffle, "the same; biases first, they move along"},
    {"cancel-transposes", CancelTransposes, "folding and fusing need neighbours to be adjacent"},
    {"absorb-transposes", AbsorbTransposes, "those that are left in front of matrix products"},
    {"squeeze-reductions", SqueezeReductions, "layouts are settled with all axes in place"},
};

const Pass kFoldingList[] = {
    {"fold-batch-norm", FoldBatchNorm, "needs linear operators and BatchNorm adjacent"},
    {"fold-affine", FoldAffine, "batch norm first: it stands nearer to the convolution"},
    {"fuse-activations", FuseActivations, "what was folded stood between producer and clamp"},
    {"lower-clip", LowerClip, "clamps that no producer could take"},
    {"fuse-activations", FuseActivations, "the Relu that such a clamp may begin with"},
    {"fold-pad", FoldPad, "a fused Relu tells that a Pad of 0 never wins"},
    {"lower-average-pool", LowerAveragePool, "the correction it adds is to be calibrated"},
    {"add-bias", AddBias, "after all folding, which adds the biases that mean something"},
    {"drop-dead", DropDead, "folded constants have lost their readers"},
    {"restore-names", RestoreNames, "the last: names are free once dead tensors are gone"},
};

const Pass kExportList[] = {
    {"lower-quantization", LowerQuantization, "of the model itself, which rounds unlike TFLite"},
    {"expand-padding", ExpandPadding, "our kernels pad as they read, a file cannot say so"},
    {"find-masked-rows", FindMaskedRows, "our Softmax shows them by NaN, a file's does not"},
    {"count-indices", CountIndices, "our kernels take negative indices, a file's do not"},
    {"drop-dead", DropDead, "a file holds only what is read"},
    {"free-batch", FreeBatch, "the last: it is a promise about every node of the file"},
};

const Pass kLoadList[] = {
    {"compute-weights", ComputeWeights, "kernels pack constant weights once"},
    {"fold-pad", FoldPad, "files hold only SAME and VALID; our kernels pad as they read"},
    {"drop-dead", DropDead, "folded Pads and integer weights"},
};

std::string DumpPath(const DumpOptions& dump, size_t number, std::string_view name) {
  return fmt::format("{}/{:02}-{}.txt", dump.directory, number, name);
}

/// Returns where the dumps of one of several lists go.
DumpOptions Folder(const DumpOptions& dump, const std::string& name) {
  return {dump.directory.empty() ? "" : dump.directory + "/" + name};
}

void Dump(const Graph& graph, const DumpOptions& dump, size_t number, std::string_view name) {
  if (dump.directory.empty()) return;
  std::error_code error;
  std::filesystem::create_directories(dump.directory, error);
  if (error) {
    Fail(ErrorKind::kIo,
         fmt::format("cannot create the folder '{}': {}", dump.directory, error.message()));
  }
  WriteFile(DumpPath(dump, number, name), ToText(graph));
}

/// A defect after a pass is not the file's fault, but ours.
void VerifyResult(const Graph& graph) {
  try {
    VerifyGraph(graph);
  } catch (const Error& error) {
    throw Error(ErrorKind::kInternal, error.what()).WithContext("internal error");
  }
}

}  // namespace

void RunPasses(std::span<const Pass> passes, Graph& graph, const DumpOptions& dump) {
  VerifyGraph(graph);
  Dump(graph, dump, 0, kBefore);
  for (size_t i = 0; i < passes.size(); ++i) {
    try {
      passes[i].run(graph);
      VerifyResult(graph);
    } catch (const Error& error) {
      throw error.WithContext(fmt::format("pass {}", passes[i].name));
    }
    Dump(graph, dump, i + 1, passes[i].name);
  }
}

std::vector<std::string> DumpPaths(std::span<const Pass> passes, const DumpOptions& dump) {
  if (dump.directory.empty()) return {};
  std::vector<std::string> paths = {dump.directory, DumpPath(dump, 0, kBefore)};
  for (size_t i = 0; i < passes.size(); ++i) {
    paths.push_back(DumpPath(dump, i + 1, passes[i].name));
  }
  return paths;
}

void RunFloatPasses(Graph& graph, const DumpOptions& dump) {
  RunPasses(kSimplifyingPasses, graph, Folder(dump, "simplify"));
  RunPasses(kFoldingPasses, graph, Folder(dump, "fold"));
}

std::vector<std::string> FloatDumpPaths(const DumpOptions& dump) {
  std::vector<std::string> paths = DumpPaths(kSimplifyingPasses, Folder(dump, "simplify"));
  const std::vector<std::string> folding = DumpPaths(kFoldingPasses, Folder(dump, "fold"));
  paths.insert(paths.end(), folding.begin(), folding.end());
  return paths;
}

constinit const std::span<const Pass> kSimplifyingPasses = kSimplifyingList;
constinit const std::span<const Pass> kFoldingPasses = kFoldingList;
constinit const std::span<const Pass> kExportPasses = kExportList;
constinit const std::span<const Pass> kLoadPasses = kLoadList;

}  // namespace qconvert
