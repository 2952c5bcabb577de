#include "lib/ops/onednn.h"

#include <utility>

// From libgomp, which oneDNN brings; its header is not installed with every compiler.
extern "C" void omp_set_num_threads(int threads);

namespace qconvert {
namespace {

using dnnl::memory;

void UseOneThreadForPrimitives() {
  thread_local const bool done = (omp_set_num_threads(1), true);
  static_cast<void>(done);
}

dnnl::memory Reordered(const dnnl::engine& engine, const memory::desc& from, const Tensor& constant,
                       const memory::desc& to) {
  memory source(from, engine, const_cast<std::byte*>(constant.constant->bytes.data()));
  memory target(to, engine);
  dnnl::stream stream(engine);
  dnnl::reorder(source, target).execute(stream, source, target);
  stream.wait();
  return target;
}

const Tensor* Bias(const PrepareContext& context) {
  return context.inputs.size() > 2 ? context.inputs[2] : nullptr;
}

}  // namespace

const dnnl::engine& EngineOf(const PrepareContext& context) {
  UseOneThreadForPrimitives();
  return *static_cast<const dnnl::engine*>(context.engine);
}

memory::desc NhwcDesc(const Shape& nhwc, memory::data_type type) {
  return {{nhwc[0], nhwc[3], nhwc[1], nhwc[2]}, type, memory::format_tag::nhwc};
}

dnnl::primitive_attr MakeAttributes(Activation activation) {
  dnnl::post_ops ops;
  if (activation == Activation::kRelu) ops.append_eltwise(dnnl::algorithm::eltwise_relu, 0, 0);
  if (activation == Activation::kRelu6) ops.append_eltwise(dnnl::algorithm::eltwise_clip, 0, 6);
  if (activation == Activation::kReluN1To1) {
    ops.append_eltwise(dnnl::algorithm::eltwise_clip, -1, 1);
  }
  dnnl::primitive_attr attributes;
  attributes.set_post_ops(ops);
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  attributes.set_fpmath_mode(dnnl::fpmath_mode::strict);
  return attributes;
}

bool HasConstantWeights(const PrepareContext& context) {
  const Tensor* bias = Bias(context);
  return context.inputs[1]->is_constant() && (bias == nullptr || bias->is_constant());
}

memory::desc BiasDesc(const PrepareContext& context) {
  const Tensor* bias = Bias(context);
  if (bias == nullptr) return {};
  return {{bias->elements()}, memory::data_type::f32, memory::format_tag::x};
}

OneDnnConstants WeightedConstants(const PrepareContext& context, const memory::desc& given,
                                  const dnnl::primitive_desc& primitive) {
  const dnnl::engine& engine = EngineOf(context);
  const memory::desc chosen = primitive.query_md(dnnl::query::exec_arg_md, DNNL_ARG_WEIGHTS);
  OneDnnConstants constants;
  constants[DNNL_ARG_WEIGHTS] = Reordered(engine, given, *context.inputs[1], chosen);
  if (const Tensor* bias = Bias(context)) {
    constants[DNNL_ARG_BIAS] = Reordered(engine, BiasDesc(context), *bias, BiasDesc(context));
  }
  return constants;
}

/// What one run works with: a stream of its own, so that threads never wait for each other, and
/// memory objects whose addresses are set anew each time.
struct OneDnnKernel::Binding {
  dnnl::stream stream;
  std::vector<memory> memories;  // the inputs, the output, the scratchpad
  std::vector<dnnl_exec_arg_t> arguments;
};

OneDnnKernel::OneDnnKernel(const dnnl::primitive_desc& primitive, std::vector<int> inputs,
                           OneDnnConstants constants)
    : description_(primitive),
      primitive_(primitive),
      name_(std::string("onednn ") + primitive.impl_info_str()),
      inputs_(std::move(inputs)),
      constants_(std::move(constants)) {}

OneDnnKernel::~OneDnnKernel() = default;

size_t OneDnnKernel::scratch_bytes() const { return description_.scratchpad_desc().get_size(); }

std::unique_ptr<OneDnnKernel::Binding> OneDnnKernel::TakeBinding() const {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<Binding> binding = std::move(idle_.back());
      idle_.pop_back();
      return binding;
    }
  }
  const dnnl::engine engine = description_.get_engine();
  auto binding = std::make_unique<Binding>(Binding{dnnl::stream(engine), {}, {}});
  std::vector<int> bound = inputs_;
  bound.insert(bound.end(), {DNNL_ARG_DST, DNNL_ARG_SCRATCHPAD});
  for (int argument : bound) {
    const memory::desc shape = description_.query_md(dnnl::query::exec_arg_md, argument);
    binding->memories.push_back(memory(shape, engine, DNNL_MEMORY_NONE));
    binding->arguments.push_back({argument, binding->memories.back().get()});
  }
  for (const auto& [argument, constant] : constants_) {
    binding->arguments.push_back({argument, constant.get()});
  }
  return binding;
}

void OneDnnKernel::Run(const Buffers& buffers) const {
  UseOneThreadForPrimitives();
  std::unique_ptr<Binding> binding = TakeBinding();
  for (size_t i = 0; i < inputs_.size(); ++i) {
    binding->memories[i].set_data_handle(const_cast<std::byte*>(buffers.inputs[i]));
  }
  binding->memories[inputs_.size()].set_data_handle(buffers.outputs[0]);
  binding->memories.back().set_data_handle(buffers.scratch);
  const auto count = static_cast<int>(binding->arguments.size());
  dnnl::error::wrap_c_api(dnnl_primitive_execute(primitive_.get(), binding->stream.get(), count,
                                                 binding->arguments.data()),
                          "could not execute a primitive");
  binding->stream.wait();
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(binding));
}

size_t PartedKernel::scratch_bytes() const {
  size_t most = 0;
  for (const Part& part : parts_) most = std::max(most, part.kernel->scratch_bytes());
  return most;
}

void PartedKernel::Run(const Buffers& buffers) const {
  buffers.Split(static_cast<int>(parts_.size()), [&](int index, std::byte* scratch) {
    const Part& part = parts_[static_cast<size_t>(index)];
    const std::byte* input = buffers.inputs[0] + part.input_offset;
    std::byte* output = buffers.outputs[0] + part.output_offset;
    part.kernel->Run({{&input, 1}, {&output, 1}, scratch});
  });
}

}  // namespace qconvert
