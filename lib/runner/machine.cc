#include "lib/runner/machine.h"

#include <oneapi/dnnl/dnnl.hpp>

namespace qconvert {

const void* CpuEngine() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return &engine;
}

bool HasExactInt8Dot() {
  const auto isa = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
  const auto has = [isa](dnnl::cpu_isa wanted) {
    return (isa & static_cast<unsigned>(wanted)) == static_cast<unsigned>(wanted);
  };
  return has(dnnl::cpu_isa::avx512_core_vnni) || has(dnnl::cpu_isa::avx2_vnni);
}

}  // namespace qconvert
