#include "lib/kernels/elementwise.h"

#include "lib/kernels/broadcast_plan.h"
#include "lib/kernels/split_range.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/elementwise.cc"
#include <hwy/foreach_target.h>
// foreach_target must come before highway.
#include <hwy/highway.h>
// math needs highway.
#include <hwy/contrib/math/math-inl.h>

#ifndef QCONVERT_FLOAT_ROW  // this file includes itself, once for each target
#define QCONVERT_FLOAT_ROW
namespace qconvert {
namespace {

// A row of results and of operands, which move along or stay; `b` is `a` for functions of one.
struct FloatRow {
  const float* a = nullptr;
  const float* b = nullptr;
  float* result = nullptr;
  size_t count = 0;
  bool a_moves = true, b_moves = true;
  Range clamp;                // ends every row; may be infinite
  float alpha = 0, beta = 0;  // of LeakyRelu and HardSigmoid
};

using RowFunction = void (*)(const FloatRow&);

}  // namespace
}  // namespace qconvert
#endif

HWY_BEFORE_NAMESPACE();
namespace qconvert {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Computes whole vectors of D from element `i` on; returns where it stopped. The clamp keeps NaN:
// Min and Max give their second operand then.
template <class Function, class D>
size_t Vectors(D d, const FloatRow& row, size_t i) {
  const size_t lanes = hn::Lanes(d);
  const auto min = hn::Set(d, row.clamp.min), max = hn::Set(d, row.clamp.max);
  for (; i + lanes <= row.count; i += lanes) {
    const auto a = row.a_moves ? hn::LoadU(d, row.a + i) : hn::Set(d, *row.a);
    const auto b = row.b_moves ? hn::LoadU(d, row.b + i) : hn::Set(d, *row.b);
    const auto result = Function{}(d, a, b, row);
    hn::StoreU(hn::Min(max, hn::Max(min, result)), d, row.result + i);
  }
  return i;
}

template <class Function>
void ComputeRow(const FloatRow& row) {
  const size_t done = Vectors<Function>(hn::ScalableTag<float>(), row, 0);
  Vectors<Function>(hn::CappedTag<float, 1>(), row, done);
}

struct Plus {
  template <class D, class V>
  V operator()(D, V a, V b, const FloatRow&) const {
    return hn::Add(a, b);
  }
};
struct Minus {
  template <class D, class V>
  V operator()(D, V a, V b, const FloatRow&) const {
    return hn::Sub(a, b);
  }
};
struct Times {
  template <class D, class V>
  V operator()(D, V a, V b, const FloatRow&) const {
    return hn::Mul(a, b);
  }
};
struct Over {
  template <class D, class V>
  V operator()(D, V a, V b, const FloatRow&) const {
    return hn::Div(a, b);
  }
};
struct Larger {
  template <class D, class V>
  V operator()(D, V a, V b, const FloatRow&) const {
    return hn::Max(a, b);
  }
};
struct Smaller {
  template <class D, class V>
  V operator()(D, V a, V b, const FloatRow&) const {
    return hn::Min(a, b);
  }
};
struct DifferenceSquared {
  template <class D, class V>
  V operator()(D, V a, V b, const FloatRow&) const {
    return hn::Mul(hn::Sub(a, b), hn::Sub(a, b));
  }
};
struct Sloped {
  template <class D, class V>
  V operator()(D d, V x, V slope, const FloatRow&) const {
    return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Mul(x, slope), x);
  }
};
struct Same {
  template <class D, class V>
  V operator()(D, V x, V, const FloatRow&) const {
    return x;
  }
};
struct Leaking {
  template <class D, class V>
  V operator()(D d, V x, V, const FloatRow& row) const {
    return Sloped{}(d, x, hn::Set(d, row.alpha), row);
  }
};
struct Line {
  template <class D, class V>
  V operator()(D d, V x, V, const FloatRow& row) const {
    return hn::Add(hn::Mul(x, hn::Set(d, row.alpha)), hn::Set(d, row.beta));
  }
};
struct HardSwished {
  template <class D, class V>
  V operator()(D d, V x, V, const FloatRow&) const {
    const V six = hn::Set(d, 6.0F);
    const V factor = hn::Min(hn::Max(hn::Add(x, hn::Set(d, 3.0F)), hn::Zero(d)), six);
    return hn::Div(hn::Mul(x, factor), six);
  }
};
struct Exponential {
  template <class D, class V>
  V operator()(D d, V x, V, const FloatRow&) const {
    const V exp = hn::Exp(d, hn::Min(x, hn::Set(d, 104.0F)));  // beyond, Exp is undefined
    return hn::IfThenElse(hn::IsNaN(x), x, exp);
  }
};
struct LogisticOfX {
  template <class D, class V>
  V operator()(D d, V x, V b, const FloatRow& row) const {
    const V one = hn::Set(d, 1.0F);
    return hn::Div(one, hn::Add(one, Exponential{}(d, hn::Neg(x), b, row)));
  }
};
struct HyperbolicTangent {
  template <class D, class V>
  V operator()(D d, V x, V, const FloatRow&) const {
    return hn::Tanh(d, x);
  }
};
struct EluOfX {
  template <class D, class V>
  V operator()(D d, V x, V, const FloatRow&) const {
    const V zero = hn::Zero(d);
    return hn::IfThenElse(hn::Lt(x, zero), hn::Expm1(d, hn::Min(x, zero)), x);
  }
};
/// x (1 + erf(x / sqrt 2)) / 2, with Abramowitz and Stegun's formula 7.1.26 for erf.
struct GeluOfX {
  template <class D, class V>
  V operator()(D d, V x, V b, const FloatRow& row) const {
    const V one = hn::Set(d, 1.0F), z = hn::Abs(hn::Mul(x, hn::Set(d, 0.70710678F)));
    const V t = hn::Div(one, hn::MulAdd(z, hn::Set(d, 0.3275911F), one));
    V sum = hn::Set(d, 1.061405429F);
    for (const float term : {-1.453152027F, 1.421413741F, -0.284496736F, 0.254829592F}) {
      sum = hn::MulAdd(sum, t, hn::Set(d, term));
    }
    const V power = Exponential{}(d, hn::Neg(hn::Mul(z, z)), b, row);
    const V erf = hn::CopySign(hn::NegMulAdd(hn::Mul(sum, t), power, one), x);
    return hn::Mul(hn::Mul(x, hn::Set(d, 0.5F)), hn::Add(one, erf));
  }
};
/// x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2
struct GeluByTanhOfX {
  template <class D, class V>
  V operator()(D d, V x, V, const FloatRow&) const {
    const V cubed = hn::Mul(hn::Mul(x, x), hn::Mul(x, hn::Set(d, 0.044715F)));
    const V inner = hn::Mul(hn::Add(x, cubed), hn::Set(d, 0.79788456F));
    return hn::Mul(hn::Mul(x, hn::Set(d, 0.5F)), hn::Add(hn::Set(d, 1.0F), hn::Tanh(d, inner)));
  }
};
struct Root {
  template <class D, class V>
  V operator()(D, V x, V, const FloatRow&) const {
    return hn::Sqrt(x);
  }
};
struct InverseRoot {
  template <class D, class V>
  V operator()(D d, V x, V, const FloatRow&) const {
    return hn::Div(hn::Set(d, 1.0F), hn::Sqrt(x));
  }
};
struct Magnitude {
  template <class D, class V>
  V operator()(D, V x, V, const FloatRow&) const {
    return hn::Abs(x);
  }
};
struct Negative {
  template <class D, class V>
  V operator()(D, V x, V, const FloatRow&) const {
    return hn::Neg(x);
  }
};
struct Squared {
  template <class D, class V>
  V operator()(D, V x, V, const FloatRow&) const {
    return hn::Mul(x, x);
  }
};

struct RoundedDown {
  template <class D, class V>
  V operator()(D, V x, V, const FloatRow&) const {
    return hn::Floor(x);
  }
};
struct RoundedUp {
  template <class D, class V>
  V operator()(D, V x, V, const FloatRow&) const {
    return hn::Ceil(x);
  }
};
/// Halves to even.
struct RoundedToEven {
  template <class D, class V>
  V operator()(D, V x, V, const FloatRow&) const {
    return hn::Round(x);
  }
};

/// The functions in the order of FloatLoop.
constexpr RowFunction kRows[] = {ComputeRow<Plus>,
                                 ComputeRow<Minus>,
                                 ComputeRow<Times>,
                                 ComputeRow<Over>,
                                 ComputeRow<Larger>,
                                 ComputeRow<Smaller>,
                                 ComputeRow<DifferenceSquared>,
                                 ComputeRow<Sloped>,
                                 ComputeRow<Same>,
                                 ComputeRow<Leaking>,
                                 ComputeRow<Line>,
                                 ComputeRow<HardSwished>,
                                 ComputeRow<LogisticOfX>,
                                 ComputeRow<HyperbolicTangent>,
                                 ComputeRow<EluOfX>,
                                 ComputeRow<GeluOfX>,
                                 ComputeRow<GeluByTanhOfX>,
                                 ComputeRow<Exponential>,
                                 ComputeRow<Root>,
                                 ComputeRow<InverseRoot>,
                                 ComputeRow<Magnitude>,
                                 ComputeRow<Negative>,
                                 ComputeRow<Squared>,
                                 ComputeRow<RoundedDown>,
                                 ComputeRow<RoundedUp>,
                                 ComputeRow<RoundedToEven>};

RowFunction FindRow(FloatLoop loop) { return kRows[static_cast<size_t>(loop)]; }

}  // namespace HWY_NAMESPACE
}  // namespace qconvert
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace qconvert {
namespace {

HWY_EXPORT(FindRow);

class FloatRowKernel : public Kernel {
 public:
  FloatRowKernel(RowFunction function, const FloatRow& row, BroadcastPlan plan)
      : function_(function), row_(row), plan_(std::move(plan)) {}

  std::string_view primitive() const override { return "rows:f32"; }

  void Run(const Buffers& buffers) const override { RunRows(buffers, plan_, row_, function_); }

 private:
  RowFunction function_;
  FloatRow row_;
  BroadcastPlan plan_;
};

}  // namespace

std::unique_ptr<Kernel> PrepareFloatRows(const PrepareContext& context,
                                         const FloatFunction& function) {
  for (const Tensor* input : context.inputs) {
    if (!input->is_float()) return nullptr;
  }
  BroadcastPlan plan = PlanBroadcast(context.outputs[0]->shape, context.inputs.front()->shape,
                                     context.inputs.back()->shape);
  FloatRow row;
  row.count = plan.row.size;
  row.a_moves = plan.row.a != 0;
  row.b_moves = plan.row.b != 0;
  row.clamp = function.clamp;
  row.alpha = function.alpha;
  row.beta = function.beta;
  return std::make_unique<FloatRowKernel>(HWY_DYNAMIC_DISPATCH(FindRow)(function.loop), row,
                                          std::move(plan));
}

}  // namespace qconvert
#endif  // HWY_ONCE
