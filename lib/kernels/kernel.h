// What executes one node: the contract between an operator's kernels (here) and the runner, which
// owns memory, oneDNN's engine and the threads and lends them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "lib/base/check.h"
#include "lib/base/error.h"
#include "lib/base/parallel_for.h"
#include "lib/graph/node.h"

namespace qconvert {

/// A tensor's facts and its bytes while a node runs. `tensor` outlives the view.
struct TensorView {
  const Tensor* tensor = nullptr;  ///< null for an optional input that is not given
  std::byte* bytes = nullptr;

  explicit operator bool() const { return tensor != nullptr; }
  const Shape& shape() const { return tensor->shape; }
  ElementType type() const { return tensor->type; }
  int64_t elements() const { return tensor->elements(); }
  /// Throws Error(kUnusable) when the tensor has no parameters: some files leave them out.
  const QuantParams& quant() const {
    if (tensor->quant) return *tensor->quant;
    Fail(ErrorKind::kUnusable, "tensor '" + tensor->name + "' has no quantization parameters");
  }

  /// Returns the values; T must have the element's size.
  template <typename T>
  std::span<T> Values() const {
    Check(sizeof(T) == ElementBytes(type()), "Values() with the wrong element size");
    return {reinterpret_cast<T*>(bytes), static_cast<size_t>(elements())};
  }
};

using TensorViews = std::span<const TensorView>;

/// Plain loops: computes `outputs` from `inputs`. Shapes and types are those `infer` gave.
using ReferenceFunction = void (*)(const Node& node, TensorViews inputs, TensorViews outputs);

/// Into how many parts a kernel of ours cuts its work for each thread: a slow one leaves parts to
/// the others.
constexpr size_t kPartsPerThread = 2;

/// One step of a compiled graph. Prepared once; Run may be called from several threads at once,
/// each with its own buffers, and allocates nothing.
class Kernel {
 public:
  virtual ~Kernel() = default;

  /// Returns the bytes of scratch memory (64-byte aligned) that Run, or a part of it, wants.
  virtual size_t scratch_bytes() const { return 0; }
  /// Returns what does the work, for the profile: "onednn brgconv:avx2", "reference".
  virtual std::string_view primitive() const = 0;

  /// Returns whether Run reads input i; a kernel that has repacked a constant does not.
  virtual bool Reads(size_t) const { return true; }

  /// Returns whether Run reads and writes the bytes of int8 tensors as its context's flips say;
  /// else the runner hands it signed ones.
  virtual bool HonoursFlips() const { return false; }

  struct Buffers {
    std::span<const std::byte* const> inputs;  ///< one per node input, null where absent or unread
    std::span<std::byte* const> outputs;
    std::byte* scratch = nullptr;   ///< of the calling thread
    size_t scratch_stride = 0;      ///< from one thread's scratch to the next one's
    ThreadPool* threads = nullptr;  ///< to split the work over; null: the caller only

    /// Calls body(part, scratch) for each part in [0, parts), on as many threads as there are, each
    /// of which begins with the same parts every time.
    template <typename Body>
    void Split(int parts, const Body& body) const {
      if (threads == nullptr || parts <= 1) {
        for (int part = 0; part < parts; ++part) body(part, scratch);
        return;
      }
      threads->RunShares(parts, [&](int part, int worker) {
        body(part, scratch + static_cast<size_t>(worker) * scratch_stride);
      });
    }
  };
  virtual void Run(const Buffers& buffers) const = 0;
};

/// How exact the products of float32 values have to be.
enum class FloatPrecision {
  kFloat32,
  kBFloat16  ///< oneDNN may round factors to bfloat16 where the processor multiplies that faster
};

/// The sign bit of an int8: an unsigned byte is the int8 XOR this, and its zero point 128 more.
constexpr uint8_t kSignFlip = 0x80;

/// What a kernel may look at while it is prepared: the node, its tensors (constants included) and
/// the machine.
struct PrepareContext {
  const Node* node = nullptr;
  std::vector<const Tensor*> inputs;  ///< null for an optional input that is not given
  std::vector<const Tensor*> outputs;
  const void* engine = nullptr;  ///< a const dnnl::engine, for those who know oneDNN
  bool exact_int8_dot = false;  ///< the machine multiplies 8-bit integers without saturation (VNNI)
  int threads = 1;              ///< that will share one inference
  FloatPrecision precision = FloatPrecision::kFloat32;
  /// What the bytes of each operand and result are XORed with: kSignFlip where an int8 tensor lies
  /// as unsigned bytes, else 0. Empty: all 0.
  std::vector<uint8_t> input_flips = {}, output_flips = {};

  uint8_t InputFlip(size_t i) const { return input_flips.empty() ? 0 : input_flips[i]; }
  uint8_t OutputFlip(size_t i) const { return output_flips.empty() ? 0 : output_flips[i]; }
};

using PrepareFunction = std::unique_ptr<Kernel> (*)(const PrepareContext&);

}  // namespace qconvert
