#include "fuzz/graph_source.h"

#include <algorithm>
#include <utility>

#include "lib/ops/fold.h"

namespace qconvert {
namespace {

constexpr int kMostNodes = 24;
constexpr int64_t kMostElements = 4096;

class GraphMaker {
 public:
  explicit GraphMaker(ByteSource& source) : source_(source) {}

  Graph Make() {
    const Shape shape = {1, source_.Integer(1, 6), source_.Integer(1, 6), source_.Integer(1, 5)};
    for (int i = source_.Integer(1, 2); i > 0; --i) AddInput(shape);
    for (int i = 0; i < kMostNodes && !source_.empty(); ++i) {
      try {
        AddNode();
      } catch (const Error&) {
        continue;  // the choices do not fit each other
      }
    }
    AddOutputs();
    return std::move(graph_);
  }

 private:
  void AddInput(const Shape& shape) {
    const TensorId id = graph_.AddTensor({"x", ElementType::kFloat32, shape});
    graph_.inputs.push_back(id);
    graph_.input_names.push_back(graph_.tensor(id).name);
    known_.push_back(id);
  }

  void AddOutputs() {
    for (int i = source_.Integer(1, 3); i > 0; --i) {
      const TensorId id = i == 1 ? known_.back() : Any();
      if (graph_.Producer(id) == nullptr || graph_.IsOutput(id)) continue;
      graph_.outputs.push_back(id);
      graph_.output_names.push_back(graph_.tensor(id).name);
    }
    if (!graph_.outputs.empty()) return;
    const TensorId x = graph_.inputs[0];
    graph_.outputs.push_back(Emit(Neg{}, {x}));
    graph_.output_names.push_back("y");
  }

  TensorId Any() {
    return known_[known_.size() - 1 - source_.Byte() % std::min<size_t>(known_.size(), 8)];
  }

  const Shape& ShapeOf(TensorId id) const { return graph_.tensor(id).shape; }

  TensorId Constant(Shape shape) {
    std::vector<float> values(static_cast<size_t>(NumElements(shape)));
    const float first = source_.Real(), step = source_.Real() / 8;
    for (size_t i = 0; i < values.size(); ++i) {
      values[i] = first + step * static_cast<float>(i % 17);
    }
    return graph_.AddTensor(MakeConstantTensor<float>("c", std::move(shape), std::move(values)));
  }

  TensorId Emit(Operator op, std::vector<TensorId> inputs) {
    const TensorId result = graph_.tensor_count();
    Node node("n", std::move(op), std::move(inputs), {result});
    std::vector<const Tensor*> operands;
    for (TensorId id : node.inputs()) operands.push_back(&graph_.tensor(id));
    Tensor inferred = InferOutputs(node, operands).front();
    if (inferred.elements() > kMostElements) Fail(ErrorKind::kUnsupported, "too large");
    inferred.name = "t";
    graph_.AddTensor(std::move(inferred));
    graph_.Append(std::move(node));
    known_.push_back(result);
    return result;
  }

  void AddNode() {
    const TensorId x = Any();
    switch (source_.Byte() % 8) {
      case 0:
      case 1:
        AddUnary(x);
        return;
      case 2:
      case 3:
        AddBinary(x);
        return;
      case 4:
        AddWeighted(x);
        return;
      case 5:
        AddWindow(x);
        return;
      default:
        AddMovement(x);
    }
  }

  void AddUnary(TensorId x) {
    const Operator kinds[] = {Relu{},
                              Relu6{},
                              ReluN1To1{},
                              Clip{source_.Real(), 3},
                              LeakyRelu{0.1F},
                              HardSwish{},
                              HardSigmoid{0.2F, 0.5F},
                              Logistic{},
                              Tanh{},
                              Elu{},
                              Gelu{},
                              Erf{},
                              Abs{},
                              Neg{},
                              Exp{},
                              Sqrt{},
                              Rsqrt{},
                              Square{},
                              Softmax{},
                              LogSoftmax{}};
    Emit(kinds[source_.Byte() % std::size(kinds)], {x});
  }

  void AddBinary(TensorId x) {
    const Operator kinds[] = {
        Add{}, Sub{}, Mul{}, Div{}, Maximum{}, Minimum{}, Pow{}, SquaredDifference{}, PRelu{}};
    const Operator& kind = kinds[source_.Byte() % std::size(kinds)];
    const Shape& shape = ShapeOf(x);
    const Shape channels = shape.empty() ? Shape{} : Shape{shape.back()};
    const int choice = source_.Integer(0, 3);
    const TensorId other = choice == 0   ? Any()
                           : choice == 1 ? Constant({})
                           : choice == 2 ? Constant(channels)
                                         : Constant(shape);
    const bool first = source_.Byte() % 4 == 0;
    Emit(kind, first ? std::vector<TensorId>{other, x} : std::vector<TensorId>{x, other});
  }

  void AddWeighted(TensorId x) {
    const Shape shape = ShapeOf(x);
    if (shape.empty()) return;
    const int64_t depth = shape.back(), outputs = source_.Integer(1, 5);
    const int64_t side = source_.Integer(1, 3);
    switch (source_.Byte() % 4) {
      case 0:
        Emit(FullyConnected{.activation = AnyActivation()}, {x, Constant({outputs, depth})});
        return;
      case 1:
        Emit(DepthwiseConv2D{.window = AnyWindow(), .activation = AnyActivation()},
             {x, Constant({1, side, side, depth}), Constant({depth})});
        return;
      case 2: {
        std::vector<TensorId> operands = {x};
        for (int i = 0; i < 4; ++i) operands.push_back(Constant({depth}));
        Emit(BatchNorm{}, operands);
        return;
      }
      default:
        Emit(Conv2D{.window = AnyWindow(), .activation = AnyActivation()},
             {x, Constant({outputs, side, side, depth}), Constant({outputs})});
    }
  }

  Activation AnyActivation() {
    constexpr Activation kKinds[] = {Activation::kNone, Activation::kNone, Activation::kRelu,
                                     Activation::kRelu6};
    return source_.OneOf(kKinds);
  }

  Window AnyWindow() {
    Window window;
    window.stride_h = source_.Integer(1, 2);
    window.stride_w = window.stride_h;
    window.pad_top = source_.Integer(0, 2);
    window.pad_bottom = source_.Integer(0, 2);
    window.pad_left = source_.Integer(0, 2);
    window.pad_right = window.pad_left;
    return window;
  }

  void AddWindow(TensorId x) {
    const int filter = source_.Integer(1, 3);
    switch (source_.Byte() % 6) {
      case 0:
        Emit(AveragePool2D{filter, filter, AnyWindow()}, {x});
        return;
      case 1:
        Emit(MaxPool2D{filter, filter, AnyWindow()}, {x});
        return;
      case 2:
        Emit(ResizeNearest{source_.Integer(1, 8), source_.Integer(1, 8)}, {x});
        return;
      case 3:
        Emit(ResizeBilinear{source_.Integer(1, 8), source_.Integer(1, 8), false,
                            source_.Byte() % 2 == 0},
             {x});
        return;
      case 4:
        Emit(SpaceToDepth{2}, {x});
        return;
      default:
        Emit(DepthToSpace{2}, {x});
    }
  }

  void AddMovement(TensorId x) {
    const Shape shape = ShapeOf(x);
    switch (source_.Byte() % 8) {
      case 0:
        Emit(Transpose{AnyPermutation(shape.size())}, {x});
        return;
      case 1:
        Emit(Reshape{AnyShape(NumElements(shape))}, {x});
        return;
      case 2:
        Emit(Concat{source_.Integer(0, 3)}, {x, Any()});
        return;
      case 3:
        Emit(Pad{AnyPads(shape), AnyPads(shape), source_.Byte() % 2 == 0 ? 0 : source_.Real()},
             {x});
        return;
      case 4:
        Emit(Mean{{source_.Integer(0, 1), source_.Integer(2, 3)}, source_.Byte() % 2 == 0}, {x});
        return;
      case 5:
        Emit(ReduceMax{{source_.Integer(0, 3)}, source_.Byte() % 2 == 0}, {x});
        return;
      case 6:
        Emit(Tile{std::vector<int64_t>(shape.size(), source_.Integer(1, 2))}, {x});
        return;
      default:
        AddSlice(x, shape);
    }
  }

  std::vector<int> AnyPermutation(size_t rank) {
    std::vector<int> perm(rank);
    for (size_t i = 0; i < rank; ++i) perm[i] = static_cast<int>(i);
    for (size_t i = rank; i > 1; --i) std::swap(perm[i - 1], perm[source_.Byte() % i]);
    return perm;
  }

  /// Returns a shape of so many elements: divisors that are chosen, and what is left.
  Shape AnyShape(int64_t elements) {
    Shape shape;
    for (int i = source_.Integer(0, 3); i > 0; --i) {
      const int64_t side = source_.Integer(1, 8);
      if (elements % side != 0) continue;
      shape.push_back(side);
      elements /= side;
    }
    shape.push_back(elements);
    return shape;
  }

  std::vector<int64_t> AnyPads(const Shape& shape) {
    std::vector<int64_t> pads(shape.size());
    for (int64_t& pad : pads) pad = source_.Byte() % 4 == 0 ? 1 : 0;
    return pads;
  }

  void AddSlice(TensorId x, const Shape& shape) {
    StridedSlice slice{std::vector<int64_t>(shape.size(), 0), std::vector<int64_t>(shape.size(), 1),
                       shape};
    if (shape.empty()) return;
    const size_t axis = source_.Byte() % shape.size();
    if (shape[axis] == 0) return;
    slice.begin[axis] = source_.Byte() % shape[axis];
    slice.size[axis] = shape[axis] - slice.begin[axis];
    Emit(std::move(slice), {x});
  }

  ByteSource& source_;
  Graph graph_;
  std::vector<TensorId> known_;
};

}  // namespace

Graph MakeGraph(ByteSource& source) { return GraphMaker(source).Make(); }

}  // namespace qconvert
