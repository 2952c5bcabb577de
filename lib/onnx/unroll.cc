#include "lib/onnx/unroll.h"

#include <algorithm>
#include <string>

#include <onnx.pb.h>

#include "lib/base/error.h"
#include "lib/onnx/node_importer.h"

namespace qconvert {
namespace {

constexpr int64_t kMostTurns = 1 << 12;

TensorId AddTurn(NodeImporter& loop, int64_t turn) {
  return loop.AddConstant(MakeConstantTensor<int64_t>(loop.name() + "/turn", {}, {turn}));
}

TensorId AddTrue(NodeImporter& loop) {
  Tensor truth{loop.name() + "/goes_on", ElementType::kBool, {}};
  truth.constant = MakeConstant(std::vector<uint8_t>{1});
  return loop.AddConstant(std::move(truth));
}

std::vector<TensorId> Inputs(const NodeImporter& node, size_t begin, size_t end) {
  std::vector<TensorId> ids;
  for (size_t i = begin; i < end; ++i) ids.push_back(node.Input(i));
  return ids;
}

/// What the turns gave that is not carried on: one list for each output.
class Stacks {
 public:
  explicit Stacks(size_t count) : stacks_(count) {}

  void Push(const std::vector<TensorId>& results, size_t first) {
    for (size_t k = 0; k < stacks_.size(); ++k) stacks_[k].push_back(results.at(first + k));
  }

  /// Makes stack k the output: slices along a new axis.
  void SetOutput(NodeImporter& node, size_t output, size_t k, int64_t axis, bool in_reverse) {
    std::vector<TensorId>& slices = stacks_[k];
    if (!node.HasOutput(output)) return;
    if (slices.empty()) node.Refuse("it takes no turn, so an output has no element");
    if (in_reverse) std::ranges::reverse(slices);
    Shape shape = node.tensor(slices[0]).shape;
    const int at = NormalizeAxis(axis, shape.size() + 1);
    shape.insert(shape.begin() + at, 1);
    for (TensorId& slice : slices) slice = node.Emit(Reshape{shape}, {slice}, 1);
    node.SetOutput(output, slices.size() == 1 ? slices[0] : node.Emit(Concat{at}, slices, 1));
  }

  size_t count() const { return stacks_.size(); }

 private:
  std::vector<std::vector<TensorId>> stacks_;
};

void RequireCounts(bool fit) {
  if (!fit) Fail(ErrorKind::kUnusable, "its operands and results do not fit its body");
}

int64_t ReadTurns(const NodeImporter& loop) {
  if (!loop.HasInput(0)) return kMostTurns + 1;
  const std::vector<int64_t> turns = loop.ConstantInts(0);
  RequireCounts(turns.size() == 1);
  return turns[0];
}

/// The operands of a Scan that it goes through, slice by slice.
class ScannedOperands {
 public:
  ScannedOperands(NodeImporter& scan, size_t first) : scan_(scan), first_(first) {
    const std::vector<int64_t> axes = scan.Ints("scan_input_axes");
    const std::vector<int64_t> directions = scan.Ints("scan_input_directions");
    for (size_t i = first; i < scan.input_count(); ++i) {
      const Shape& shape = scan.InputTensor(i).shape;
      const size_t k = i - first;
      axes_.push_back(NormalizeAxis(k < axes.size() ? axes[k] : 0, shape.size()));
      backward_.push_back(k < directions.size() && directions[k] != 0);
      const int64_t length = shape[static_cast<size_t>(axes_.back())];
      RequireCounts(k == 0 || length == turns_);
      turns_ = length;
    }
  }

  int64_t turns() const { return turns_; }

  void AppendSlices(int64_t turn, std::vector<TensorId>& operands) {
    for (size_t k = 0; k < axes_.size(); ++k) {
      const int64_t index = backward_[k] ? turns_ - 1 - turn : turn;
      const TensorId place = scan_.AddConstant(
          MakeConstantTensor<int32_t>(scan_.name() + "/place", {}, {static_cast<int32_t>(index)}));
      operands.push_back(scan_.Emit(Gather{axes_[k]}, {scan_.Input(first_ + k), place}, 1));
    }
  }

 private:
  NodeImporter& scan_;
  const size_t first_;
  int64_t turns_ = 0;
  std::vector<int> axes_;
  std::vector<bool> backward_;
};

int64_t Entry(const std::vector<int64_t>& list, size_t i) { return i < list.size() ? list[i] : 0; }

}  // namespace

bool Holds(const Tensor& condition) {
  if (!condition.is_constant() || condition.bytes() != 1) {
    Fail(ErrorKind::kUnsupported, "its condition depends on the model's inputs");
  }
  return condition.Values<uint8_t>()[0] != 0;
}

void UnrollLoop(NodeImporter& loop, const ReadBody& read) {
  const onnx::GraphProto& body = loop.GraphAttribute("body");
  const int64_t turns = ReadTurns(loop);
  bool goes_on = !loop.HasInput(1) || Holds(loop.InputTensor(1));
  std::vector<TensorId> carried =
      Inputs(loop, std::min<size_t>(2, loop.input_count()), loop.input_count());
  const size_t results = static_cast<size_t>(body.output_size());
  RequireCounts(static_cast<size_t>(body.input_size()) == carried.size() + 2 &&
                results >= carried.size() + 1 && loop.output_count() + 1 <= results);
  Stacks stacks(results - carried.size() - 1);
  for (int64_t turn = 0; turn < turns && goes_on; ++turn) {
    if (turn == kMostTurns) loop.Refuse("it takes more than 4096 turns");
    std::vector<TensorId> operands = {AddTurn(loop, turn), AddTrue(loop)};
    operands.insert(operands.end(), carried.begin(), carried.end());
    const std::vector<TensorId> given = read(body, operands);
    goes_on = Holds(loop.tensor(given[0]));
    std::copy_n(given.begin() + 1, carried.size(), carried.begin());
    stacks.Push(given, carried.size() + 1);
  }
  for (size_t i = 0; i < carried.size(); ++i) loop.SetOutput(i, carried[i]);
  for (size_t k = 0; k < stacks.count(); ++k) {
    stacks.SetOutput(loop, carried.size() + k, k, 0, false);
  }
}

void UnrollScan(NodeImporter& scan, const ReadBody& read) {
  const onnx::GraphProto& body = scan.GraphAttribute("body");
  const auto scanned = static_cast<size_t>(std::max<int64_t>(scan.Int("num_scan_inputs", 0), 0));
  if (scan.opset() < 9) scan.Refuse("Scan of opset 8; convert the model to a later one");
  const size_t results = static_cast<size_t>(body.output_size());
  RequireCounts(scanned > 0 && scanned <= scan.input_count() &&
                static_cast<size_t>(body.input_size()) == scan.input_count() &&
                results + scanned >= scan.input_count() && scan.output_count() <= results);
  std::vector<TensorId> states = Inputs(scan, 0, scan.input_count() - scanned);
  ScannedOperands operands(scan, states.size());
  if (operands.turns() > kMostTurns) scan.Refuse("it takes more than 4096 turns");
  Stacks stacks(results - states.size());
  for (int64_t turn = 0; turn < operands.turns(); ++turn) {
    std::vector<TensorId> given = states;
    operands.AppendSlices(turn, given);
    given = read(body, given);
    std::copy_n(given.begin(), states.size(), states.begin());
    stacks.Push(given, states.size());
  }
  for (size_t i = 0; i < states.size(); ++i) scan.SetOutput(i, states[i]);
  const std::vector<int64_t> axes = scan.Ints("scan_output_axes");
  const std::vector<int64_t> directions = scan.Ints("scan_output_directions");
  for (size_t k = 0; k < stacks.count(); ++k) {
    stacks.SetOutput(scan, states.size() + k, k, Entry(axes, k), Entry(directions, k) != 0);
  }
}

}  // namespace qconvert
