#include "lib/ops/einsum.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <string>
#include <utility>

#include "lib/base/error.h"

namespace qconvert {
namespace {

/// An index of the equation: a letter, or kEllipsis + k for the k-th axis from the end of "...".
using Label = int;
using Labels = std::vector<Label>;
constexpr Label kEllipsis = 1000;

/// A tensor whose axes have labels.
struct Term {
  TensorId id;
  Labels labels;
};

bool Has(const Labels& labels, Label label) { return std::ranges::count(labels, label) != 0; }

[[noreturn]] void FailOnEquation(const OnnxNode& onnx) {
  Fail(ErrorKind::kUnusable, "equation '" + onnx.String("equation", "") + "' does not fit");
}

/// Returns a term's labels.
///   axes  that an ellipsis stands for
Labels ParseTerm(const OnnxNode& onnx, const std::string& text, size_t axes) {
  Labels labels;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 3, "...") == 0) {
      for (size_t k = axes; k-- > 0;) labels.push_back(kEllipsis + static_cast<Label>(k));
      i += 2;
    } else if (std::isalpha(static_cast<unsigned char>(text[i])) != 0) {
      labels.push_back(text[i]);
    } else {
      FailOnEquation(onnx);
    }
  }
  return labels;
}

size_t Letters(const std::string& term) {
  return static_cast<size_t>(std::ranges::count_if(
      term, [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }));
}

struct Equation {
  std::vector<Labels> terms;
  Labels result;
};

std::vector<std::string> SplitAt(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

/// Without "->" the result has the axes of the ellipsis, then the labels that come once.
Labels ImpliedResult(const std::vector<Labels>& terms) {
  std::map<Label, int> counts;
  size_t axes = 0;
  for (const Labels& term : terms) {
    for (Label label : term) ++counts[label];
    axes = std::max(axes, static_cast<size_t>(std::ranges::count_if(
                              term, [](Label label) { return label >= kEllipsis; })));
  }
  Labels result;
  for (size_t k = axes; k-- > 0;) result.push_back(kEllipsis + static_cast<Label>(k));
  for (const auto& [label, count] : counts) {
    if (label < kEllipsis && count == 1) result.push_back(label);
  }
  return result;
}

Equation Parse(const OnnxNode& onnx) {
  std::string text = onnx.String("equation", "");
  std::erase(text, ' ');
  const size_t arrow = text.find("->");
  const std::vector<std::string> terms = SplitAt(text.substr(0, arrow), ',');
  if (terms.size() != onnx.input_count()) FailOnEquation(onnx);
  Equation equation;
  size_t most_axes = 0;
  for (size_t i = 0; i < terms.size(); ++i) {
    const size_t rank = onnx.InputTensor(i).rank(), letters = Letters(terms[i]);
    if (letters > rank) FailOnEquation(onnx);
    equation.terms.push_back(ParseTerm(onnx, terms[i], rank - letters));
    if (equation.terms.back().size() != rank) FailOnEquation(onnx);
    if (rank > letters) most_axes = std::max(most_axes, rank - letters);
  }
  equation.result = arrow == std::string::npos ? ImpliedResult(equation.terms)
                                               : ParseTerm(onnx, text.substr(arrow + 2), most_axes);
  return equation;
}

int64_t DimOf(const OnnxNode& onnx, const Term& term, Label label) {
  const auto at = std::ranges::find(term.labels, label) - term.labels.begin();
  return onnx.tensor(term.id).shape[static_cast<size_t>(at)];
}

/// Emits the diagonal where a label comes twice: that of two neighbouring axes made one.
Term TakeDiagonals(OnnxNode& onnx, Term term) {
  for (size_t i = 0; i < term.labels.size(); ++i) {
    const auto again = std::find(term.labels.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                                 term.labels.end(), term.labels[i]);
    if (again == term.labels.end()) continue;
    const auto j = static_cast<size_t>(again - term.labels.begin());
    std::vector<int> perm(term.labels.size());
    std::iota(perm.begin(), perm.end(), 0);
    std::rotate(perm.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                perm.begin() + static_cast<std::ptrdiff_t>(j),
                perm.begin() + static_cast<std::ptrdiff_t>(j) + 1);
    const TensorId beside = onnx.EmitTranspose(term.id, perm);
    Shape shape = onnx.tensor(beside).shape;
    const int64_t dim = shape[i];
    if (shape[i + 1] != dim) FailOnEquation(onnx);
    shape[i] = dim * dim;
    shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    std::vector<int32_t> places;
    for (int64_t k = 0; k < dim; ++k) places.push_back(static_cast<int32_t>(k * (dim + 1)));
    const TensorId diagonal =
        onnx.AddConstant(MakeConstantTensor(onnx.name() + "_diagonal", {dim}, std::move(places)));
    term.id = onnx.Emit(Gather{static_cast<int>(i)}, {onnx.EmitReshape(beside, shape), diagonal});
    term.labels.erase(again);
    --i;
  }
  return term;
}

/// Emits sums over labels that nobody else has.
Term SumOut(OnnxNode& onnx, Term term, const Labels& kept) {
  std::vector<int> axes;
  Labels left;
  for (size_t i = 0; i < term.labels.size(); ++i) {
    if (Has(kept, term.labels[i])) {
      left.push_back(term.labels[i]);
    } else {
      axes.push_back(static_cast<int>(i));
    }
  }
  if (axes.empty()) return term;
  return {onnx.Emit(Sum{axes, false}, {term.id}), left};
}

/// Emits the axes of a term in the order of `labels`.
TensorId Ordered(OnnxNode& onnx, const Term& term, const Labels& labels) {
  std::vector<int> perm;
  for (Label label : labels) {
    const auto at = std::ranges::find(term.labels, label) - term.labels.begin();
    perm.push_back(static_cast<int>(at));
  }
  return onnx.EmitTranspose(term.id, perm);
}

/// The labels of two factors by what happens to them.
struct Roles {
  Labels batch, contracted, left, right;
};

Roles RolesOf(const Term& a, const Term& b, const Labels& kept) {
  Roles roles;
  for (Label label : a.labels) {
    Labels& role = !Has(b.labels, label) ? roles.left
                   : Has(kept, label)    ? roles.batch
                                         : roles.contracted;
    role.push_back(label);
  }
  std::ranges::copy_if(b.labels, std::back_inserter(roles.right),
                       [&](Label label) { return !Has(a.labels, label); });
  return roles;
}

Labels Joined(Labels labels, std::initializer_list<const Labels*> more) {
  for (const Labels* next : more) labels.insert(labels.end(), next->begin(), next->end());
  return labels;
}

/// Emits a term with dimensions of 1 repeated where the other factor has more.
Term Spread(OnnxNode& onnx, Term term, const Term& other) {
  Shape shape = onnx.tensor(term.id).shape;
  const Shape own = shape;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (!Has(other.labels, term.labels[i])) continue;
    const int64_t dim = DimOf(onnx, other, term.labels[i]);
    if (shape[i] != dim && shape[i] != 1 && dim != 1) FailOnEquation(onnx);
    if (shape[i] == 1) shape[i] = dim;
  }
  if (shape != own) term.id = onnx.Emit(BroadcastTo{shape}, {term.id});
  return term;
}

int64_t SizeOf(const OnnxNode& onnx, const Term& term, const Labels& labels) {
  int64_t size = 1;
  for (Label label : labels) size *= DimOf(onnx, term, label);
  return size;
}

/// Emits [batch,M,K] by [batch,K,N]; constant factors become the weights of a layer.
TensorId EmitMatrices(OnnxNode& onnx, const Term& a, const Term& b, const Roles& roles) {
  const int64_t batch = SizeOf(onnx, a, roles.batch), depth = SizeOf(onnx, a, roles.contracted);
  const int64_t rows = SizeOf(onnx, a, roles.left), columns = SizeOf(onnx, b, roles.right);
  const TensorId left = Ordered(onnx, a, Joined(roles.batch, {&roles.left, &roles.contracted}));
  if (batch == 1 && onnx.tensor(b.id).is_constant()) {
    const TensorId weights =
        Ordered(onnx, b, Joined(roles.batch, {&roles.right, &roles.contracted}));
    return onnx.Emit(FullyConnected{}, {onnx.EmitReshape(left, {rows, depth}),
                                        onnx.EmitReshape(weights, {columns, depth})});
  }
  const TensorId right = Ordered(onnx, b, Joined(roles.batch, {&roles.contracted, &roles.right}));
  return onnx.Emit(BatchMatMul{}, {onnx.EmitReshape(left, {batch, rows, depth}),
                                   onnx.EmitReshape(right, {batch, depth, columns})});
}

/// Emits the product element by element, each factor without the axes of the other.
TensorId EmitOuter(OnnxNode& onnx, const Term& a, const Term& b, const Roles& roles) {
  Shape left = onnx.tensor(Ordered(onnx, a, Joined(roles.batch, {&roles.left}))).shape;
  left.insert(left.end(), roles.right.size(), 1);
  Shape right = onnx.tensor(Ordered(onnx, b, Joined(roles.batch, {&roles.right}))).shape;
  right.insert(right.begin() + static_cast<std::ptrdiff_t>(roles.batch.size()), roles.left.size(),
               1);
  const TensorId x = Ordered(onnx, a, Joined(roles.batch, {&roles.left}));
  const TensorId y = Ordered(onnx, b, Joined(roles.batch, {&roles.right}));
  return onnx.Emit(Mul{}, {onnx.EmitReshape(x, left), onnx.EmitReshape(y, right)});
}

/// Emits the product of two terms, summed over the labels that only they have.
Term Multiply(OnnxNode& onnx, Term a, Term b, const Labels& kept) {
  a = SumOut(onnx, std::move(a), Joined(kept, {&b.labels}));
  b = SumOut(onnx, std::move(b), Joined(kept, {&a.labels}));
  if (onnx.tensor(a.id).is_constant()) std::swap(a, b);
  a = Spread(onnx, std::move(a), b);
  b = Spread(onnx, std::move(b), a);
  const Roles roles = RolesOf(a, b, kept);
  const Labels labels = Joined(roles.batch, {&roles.left, &roles.right});
  if (roles.contracted.empty()) return {EmitOuter(onnx, a, b, roles), labels};
  Shape shape;
  for (Label label : labels) shape.push_back(DimOf(onnx, Has(a.labels, label) ? a : b, label));
  return {onnx.EmitReshape(EmitMatrices(onnx, a, b, roles), std::move(shape)), labels};
}

}  // namespace

void ReadEinsum(OnnxNode& onnx) {
  Equation equation = Parse(onnx);
  std::vector<Term> terms;
  for (size_t i = 0; i < equation.terms.size(); ++i) {
    terms.push_back(TakeDiagonals(onnx, {onnx.Input(i), equation.terms[i]}));
  }
  Term product = terms.front();
  for (size_t i = 1; i < terms.size(); ++i) {
    Labels kept = equation.result;
    for (size_t k = i + 1; k < terms.size(); ++k) kept = Joined(kept, {&terms[k].labels});
    product = Multiply(onnx, product, terms[i], kept);
  }
  product = SumOut(onnx, std::move(product), equation.result);
  if (product.labels.size() != equation.result.size()) FailOnEquation(onnx);
  for (Label label : equation.result) {
    if (!Has(product.labels, label)) FailOnEquation(onnx);
  }
  onnx.SetOutput(0, Ordered(onnx, product, equation.result));
}

}  // namespace qconvert
