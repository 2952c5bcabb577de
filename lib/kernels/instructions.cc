#include "lib/kernels/instructions.h"

#include <hwy/highway.h>
#include <oneapi/dnnl/dnnl.hpp>

namespace qconvert {
namespace {

bool MayUse(dnnl::cpu_isa isa) {
  const auto allowed = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
  return (allowed & static_cast<unsigned>(isa)) == static_cast<unsigned>(isa);
}

}  // namespace

void RestrictInstructions() {
  // Highway numbers its targets from the newest down: a target less 1 is the set of all newer ones.
  int64_t forbidden = 0;
  if (!MayUse(dnnl::cpu_isa::avx512_core_vnni)) forbidden |= HWY_AVX3 - 1;
  if (!MayUse(dnnl::cpu_isa::avx512_core)) forbidden |= HWY_AVX2 - 1;
  if (!MayUse(dnnl::cpu_isa::avx2)) forbidden |= HWY_AVX2;
  if (forbidden != 0) hwy::DisableTargets(forbidden);
}

bool HasExactInt8Dot() {
  return MayUse(dnnl::cpu_isa::avx512_core_vnni) || MayUse(dnnl::cpu_isa::avx2_vnni);
}

bool HasInt8Tiles() { return MayUse(dnnl::cpu_isa::avx512_core_amx); }

std::string InstructionsName() {
  if (HasInt8Tiles()) return "avx512_amx";
  if (MayUse(dnnl::cpu_isa::avx512_core_bf16)) return "avx512_bf16";
  if (MayUse(dnnl::cpu_isa::avx512_core_vnni)) return "avx512_vnni";
  if (MayUse(dnnl::cpu_isa::avx512_core)) return "avx512";
  if (MayUse(dnnl::cpu_isa::avx2_vnni)) return "avx2_vnni";
  return MayUse(dnnl::cpu_isa::avx2) ? "avx2" : "sse4.1";
}

bool HasBFloat16() { return MayUse(dnnl::cpu_isa::avx512_core_bf16); }

}  // namespace qconvert
