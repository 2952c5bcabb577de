#include "lib/runner/machine.h"

#include <new>

#include <oneapi/dnnl/dnnl.hpp>

#include "lib/kernels/instructions.h"

namespace qconvert {
namespace {

dnnl::engine RestrictedEngine() {
  RestrictInstructions();
  try {
    return dnnl::engine(dnnl::engine::kind::cpu, 0);
  } catch (const dnnl::error&) {
    throw std::bad_alloc();  // a CPU is always there
  }
}

}  // namespace

const void* CpuEngine() {
  static const dnnl::engine engine = RestrictedEngine();
  return &engine;
}

}  // namespace qconvert
