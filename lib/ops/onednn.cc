#include "lib/ops/onednn.h"

#include "lib/base/error.h"

namespace qconvert {
namespace {

/// Work of different threads never waits for each other: each has its own stream.
dnnl::stream& ThreadStream(const dnnl::engine& engine) {
  thread_local dnnl::stream stream(engine);
  return stream;
}

}  // namespace

dnnl::memory::desc NhwcDesc(const Shape& nhwc, dnnl::memory::data_type type) {
  return {{nhwc[0], nhwc[3], nhwc[1], nhwc[2]}, type, dnnl::memory::format_tag::nhwc};
}

dnnl::memory Reordered(const dnnl::engine& engine, const dnnl::memory::desc& from,
                       const void* bytes, const dnnl::memory::desc& to) {
  dnnl::memory source(from, engine, const_cast<void*>(bytes));
  dnnl::memory target(to, engine);
  dnnl::stream& stream = ThreadStream(engine);
  dnnl::reorder(source, target).execute(stream, source, target);
  stream.wait();
  return target;
}

void AppendActivation(dnnl::post_ops& ops, Activation activation) {
  if (activation == Activation::kRelu) ops.append_eltwise(dnnl::algorithm::eltwise_relu, 0, 0);
  if (activation == Activation::kRelu6) ops.append_eltwise(dnnl::algorithm::eltwise_clip, 0, 6);
  if (activation == Activation::kReluN1To1) {
    ops.append_eltwise(dnnl::algorithm::eltwise_clip, -1, 1);
  }
}

dnnl::primitive_attr MakeAttributes() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

OneDnnKernel::OneDnnKernel(const dnnl::engine& engine, dnnl::primitive primitive, std::string name,
                           dnnl::memory::desc scratchpad, std::vector<OneDnnOperand> inputs,
                           OneDnnOperand output, std::unordered_map<int, dnnl::memory> constants)
    : engine_(engine),
      primitive_(std::move(primitive)),
      name_("onednn " + std::move(name)),
      scratchpad_(std::move(scratchpad)),
      inputs_(std::move(inputs)),
      output_(std::move(output)),
      constants_(std::move(constants)) {}

void OneDnnKernel::Run(const Buffers& buffers) const {
  std::unordered_map<int, dnnl::memory> arguments = constants_;
  for (size_t i = 0; i < inputs_.size(); ++i) {
    arguments[inputs_[i].argument] =
        dnnl::memory(inputs_[i].desc, engine_, const_cast<std::byte*>(buffers.inputs[i]));
  }
  arguments[output_.argument] = dnnl::memory(output_.desc, engine_, buffers.outputs[0]);
  arguments[DNNL_ARG_SCRATCHPAD] = dnnl::memory(scratchpad_, engine_, buffers.scratch);
  dnnl::stream& stream = ThreadStream(engine_);
  primitive_.execute(stream, arguments);
  stream.wait();
}

}  // namespace qconvert
