#include "lib/runner/machine.h"

#include <oneapi/dnnl/dnnl.hpp>

#include "lib/kernels/instructions.h"

namespace qconvert {
namespace {

bool Has(dnnl::cpu_isa wanted) {
  const auto isa = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
  return (isa & static_cast<unsigned>(wanted)) == static_cast<unsigned>(wanted);
}

dnnl::engine RestrictedEngine() {
  RestrictInstructions();
  return dnnl::engine(dnnl::engine::kind::cpu, 0);
}

}  // namespace

const void* CpuEngine() {
  static const dnnl::engine engine = RestrictedEngine();
  return &engine;
}

bool HasExactInt8Dot() {
  return Has(dnnl::cpu_isa::avx512_core_vnni) || Has(dnnl::cpu_isa::avx2_vnni);
}

bool HasBFloat16() { return Has(dnnl::cpu_isa::avx512_core_bf16); }

}  // namespace qconvert
