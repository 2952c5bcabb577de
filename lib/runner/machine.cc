#include "lib/runner/machine.h"

#include <oneapi/dnnl/dnnl.hpp>

// From libgomp, which oneDNN brings; its header is not installed with every compiler.
extern "C" void omp_set_num_threads(int threads);

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

void UseOneThreadForPrimitives() {
  thread_local const bool done = (omp_set_num_threads(1), true);
  static_cast<void>(done);
}

}  // namespace qconvert
