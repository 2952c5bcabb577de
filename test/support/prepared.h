// The only node of a graph, with its fast kernel, on a machine that the test describes.
#pragma once

#include <memory>
#include <vector>

#include "lib/graph/graph.h"
#include "lib/kernels/kernel.h"

namespace qconvert {

struct Machine {
  bool exact_int8_dot = false;
  int threads = 1;
  bool unsigned_bytes = false;        ///< int8 inputs and outputs lie so, and Run translates
  PrepareFunction prepare = nullptr;  ///< null: the operator's own
};

class Prepared {
 public:
  explicit Prepared(const Graph& graph, Machine machine = {});

  /// Runs the kernel; constants other than `inputs` are in it already.
  template <typename T>
  std::vector<T> Run(const std::vector<Tensor>& inputs) const {
    std::vector<T> result(static_cast<size_t>(output.elements()));
    RunInto(inputs, reinterpret_cast<std::byte*>(result.data()));
    return result;
  }

  Tensor output;
  std::unique_ptr<Kernel> kernel;

 private:
  void RunInto(const std::vector<Tensor>& inputs, std::byte* result) const;

  Machine machine_;
  std::vector<uint8_t> input_flips_;
  uint8_t output_flip_ = 0;
};

}  // namespace qconvert
