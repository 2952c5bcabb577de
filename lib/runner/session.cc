#include "lib/runner/session.h"

#include <algorithm>
#include <new>

#include "lib/base/alignment.h"

namespace qconvert {
namespace {

constexpr std::align_val_t kAlignment{kCacheLine};

}  // namespace

void Session::Free::operator()(std::byte* bytes) const { ::operator delete[](bytes, kAlignment); }

Session::Session(const CompiledGraph& compiled, ThreadPool* threads)
    : compiled_(compiled), threads_(threads) {
  // A line of slack on both ends of scratch, so that vector kernels may read past a tensor's end.
  const size_t arena_bytes = Aligned(compiled.arena_bytes() + kCacheLine);
  const size_t workers = threads == nullptr ? 1 : static_cast<size_t>(threads->threads());
  scratch_stride_ = Aligned(compiled.scratch_bytes() + kCacheLine);
  arena_.reset(static_cast<std::byte*>(
      ::operator new[](arena_bytes + workers * scratch_stride_, kAlignment)));
  scratch_ = arena_.get() + arena_bytes;
  for (const Step& step : compiled.steps()) {
    BoundStep bound{&step, {}, {}};
    for (const BufferSlot& slot : step.inputs) {
      bound.inputs.push_back(slot.absent                ? nullptr
                             : slot.constant != nullptr ? slot.constant
                                                        : arena_.get() + slot.offset);
    }
    for (const BufferSlot& slot : step.outputs) bound.outputs.push_back(arena_.get() + slot.offset);
    steps_.push_back(std::move(bound));
  }
}

std::span<std::byte> Session::Bytes(TensorId id) const {
  const BufferSlot slot = compiled_.Slot(id);
  const size_t bytes = compiled_.graph().tensor(id).bytes();
  if (slot.constant != nullptr) return {const_cast<std::byte*>(slot.constant), bytes};
  std::byte* place = arena_.get() + slot.offset;
  const std::byte flip{compiled_.Flip(id)};
  if (flip == std::byte{0}) return {place, bytes};
  signed_.resize(bytes);
  std::transform(place, place + bytes, signed_.begin(), [flip](std::byte b) { return b ^ flip; });
  return signed_;
}

std::span<std::byte> Session::Input(size_t i) { return Bytes(compiled_.graph().inputs.at(i)); }

std::span<const std::byte> Session::Output(size_t i) const {
  return Bytes(compiled_.graph().outputs.at(i));
}

void Session::RunStep(const BoundStep& bound) {
  bound.step->kernel->Run({bound.inputs, bound.outputs, scratch_, scratch_stride_, threads_});
}

void Session::Run() {
  for (const BoundStep& bound : steps_) RunStep(bound);
}

void Session::Run(const TensorObserver& observe) {
  Start();
  for (TensorId id : compiled_.graph().inputs) observe(id, Bytes(id));
  while (const Node* node = Advance()) {
    for (TensorId id : node->outputs()) observe(id, Bytes(id));
  }
}

void Session::Start() {
  next_step_ = 0;
  next_node_ = compiled_.graph().nodes().begin();
}

const Node* Session::Advance() {
  if (next_node_ == compiled_.graph().nodes().end()) return nullptr;
  const Node& node = *next_node_++;
  // What shares its operand's bytes has no step of its own: its output is there already.
  if (next_step_ < steps_.size() && steps_[next_step_].step->node == &node) {
    RunStep(steps_[next_step_++]);
  }
  return &node;
}

}  // namespace qconvert
