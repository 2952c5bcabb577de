#include "lib/ops/left_kernels.h"

#include <algorithm>
#include <iterator>

#include "lib/ops/records.h"

namespace qconvert {
namespace {

constexpr std::string_view kCoarse =
    "LiteRT's integer kernel rounds both operands to coarser steps before it compares them";

struct LeftKernel {
  const Op* op;
  std::string_view why;
};

constexpr LeftKernel kLeftKernels[] = {
    {&kSum, "LiteRT's reference kernel reads the int8 operand of a sum as uint8"},
    {&kReduceProd, "LiteRT's integer products are more than one step off"},
    {&kDiv, "LiteRT's integer quotients near 0 are arbitrary"},
    {&kLogSoftmax, "the integer form of its result ends at -15.94"},
    {&kEqual, kCoarse},
    {&kNotEqual, kCoarse},
    {&kLess, kCoarse},
    {&kLessEqual, kCoarse},
    {&kGreater, kCoarse},
    {&kGreaterEqual, kCoarse}};

}  // namespace

std::string_view WhyKernelIsLeft(const Op& op) {
  const auto* left = std::ranges::find(kLeftKernels, &op, &LeftKernel::op);
  return left == std::end(kLeftKernels) ? std::string_view() : left->why;
}

}  // namespace qconvert
