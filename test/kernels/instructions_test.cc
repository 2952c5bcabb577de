#include "lib/kernels/instructions.h"

#include <map>

#include <catch2/catch.hpp>
#include <hwy/highway.h>
#include <oneapi/dnnl/dnnl.hpp>

namespace qconvert {
namespace {

TEST_CASE("Our kernels use no newer instructions than oneDNN may", "[kernels]") {
  RestrictInstructions();
  const std::map<dnnl::cpu_isa, int64_t> newest = {
      {dnnl::cpu_isa::sse41, HWY_SSE4},       {dnnl::cpu_isa::avx, HWY_SSE4},
      {dnnl::cpu_isa::avx2, HWY_AVX2},        {dnnl::cpu_isa::avx2_vnni, HWY_AVX2},
      {dnnl::cpu_isa::avx2_vnni_2, HWY_AVX2}, {dnnl::cpu_isa::avx512_core, HWY_AVX3}};
  const auto found = newest.find(dnnl::get_effective_cpu_isa());
  if (found == newest.end()) return;  // anything is allowed
  const int64_t newer = found->second - 1;
  CHECK((hwy::SupportedTargets() & newer) == 0);
}

}  // namespace
}  // namespace qconvert
