#include "lib/runner/machine.h"

#include <oneapi/dnnl/dnnl.hpp>

#include "lib/kernels/instructions.h"

namespace qconvert {
namespace {

dnnl::engine RestrictedEngine() {
  RestrictInstructions();
  return dnnl::engine(dnnl::engine::kind::cpu, 0);
}

}  // namespace

const void* CpuEngine() {
  static const dnnl::engine engine = RestrictedEngine();
  return &engine;
}

}  // namespace qconvert
