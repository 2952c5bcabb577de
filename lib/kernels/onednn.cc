#include "lib/kernels/onednn.h"

#include <utility>

// From libgomp, which oneDNN brings; its header is not installed with every compiler.
extern "C" void omp_set_num_threads(int threads);

namespace qconvert {
namespace {

using dnnl::memory;

const Tensor* Bias(const PrepareContext& context) {
  return context.inputs.size() > 2 ? context.inputs[2] : nullptr;
}

}  // namespace

void UseOneThreadForPrimitives() {
  thread_local const bool done = (omp_set_num_threads(1), true);
  static_cast<void>(done);
}

const dnnl::engine& EngineOf(const PrepareContext& context) {
  UseOneThreadForPrimitives();
  return *static_cast<const dnnl::engine*>(context.engine);
}

memory::desc NhwcDesc(const Shape& nhwc, memory::data_type type) {
  return {{nhwc[0], nhwc[3], nhwc[1], nhwc[2]}, type, memory::format_tag::nhwc};
}

dnnl::primitive_attr MakeAttributes(const PrepareContext& context, Activation activation,
                                    bool accumulate) {
  dnnl::post_ops ops;
  if (accumulate) ops.append_sum();
  const Range ends = ActivationRange(activation);
  if (activation == Activation::kRelu) {
    ops.append_eltwise(dnnl::algorithm::eltwise_relu, 0, 0);
  } else if (activation != Activation::kNone) {
    ops.append_eltwise(dnnl::algorithm::eltwise_clip, ends.min, ends.max);
  }
  dnnl::primitive_attr attributes;
  attributes.set_post_ops(ops);
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const bool bfloat16 = context.precision == FloatPrecision::kBFloat16;
  attributes.set_fpmath_mode(bfloat16 ? dnnl::fpmath_mode::bf16 : dnnl::fpmath_mode::strict);
  return attributes;
}

bool HasConstantWeights(const PrepareContext& context) {
  const Tensor* bias = Bias(context);
  return context.inputs[1]->is_constant() && (bias == nullptr || bias->is_constant());
}

memory::desc OneDnnWeights::bias_desc() const {
  if (bias.empty()) return {};
  return {{static_cast<memory::dim>(bias.size())}, memory::data_type::f32, memory::format_tag::x};
}

memory::desc OneDnnWeights::any_desc() const {
  return {desc.get_dims(), desc.get_data_type(), memory::format_tag::any};
}

OneDnnWeights FloatWeights(const PrepareContext& context, const memory::desc& desc) {
  OneDnnWeights weights{desc, context.inputs[1]->constant->bytes.data(), {}};
  if (const Tensor* bias = Bias(context)) {
    const auto values = bias->Values<float>();
    weights.bias.assign(values.begin(), values.end());
  }
  return weights;
}

OneDnnWeights SliceOf(const OneDnnWeights& weights, size_t axis, int64_t first, int64_t count) {
  memory::dims dims = weights.desc.get_dims();
  const memory::dims strides = weights.desc.get_strides();
  dims[axis] = count;
  const auto type = weights.desc.get_data_type();
  const int64_t offset = first * strides[axis] * (type == memory::data_type::f32 ? 4 : 1);
  return {{dims, type, strides}, weights.bytes + offset, weights.bias};
}

OneDnnWeights OutputsOf(const OneDnnWeights& weights, size_t axis, int64_t first, int64_t count) {
  OneDnnWeights part = SliceOf(weights, axis, first, count);
  if (!part.bias.empty()) {
    const auto from = weights.bias.begin() + first;
    part.bias.assign(from, from + count);
  }
  return part;
}

OneDnnConstants Repacked(const dnnl::engine& engine, const OneDnnWeights& weights,
                         const dnnl::primitive_desc& primitive) {
  OneDnnConstants constants;
  memory given(weights.desc, engine, const_cast<std::byte*>(weights.bytes));
  memory chosen(primitive.query_md(dnnl::query::exec_arg_md, DNNL_ARG_WEIGHTS), engine);
  dnnl::stream stream(engine);
  dnnl::reorder(given, chosen).execute(stream, given, chosen);
  stream.wait();
  constants[DNNL_ARG_WEIGHTS] = chosen;
  if (!weights.bias.empty()) constants[DNNL_ARG_BIAS] = MemoryOf(engine, weights.bias);
  return constants;
}

/// What one run works with: a stream of its own, so that threads never wait for each other, and
/// memory objects whose addresses are set each time.
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

void OneDnnKernel::Execute(const Buffers& buffers) const {
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

void OneDnnKernel::Run(const Buffers& buffers) const {
  UseOneThreadForPrimitives();
  try {
    Execute(buffers);
  } catch (const dnnl::error& error) {
    ThrowMeaningOf(error);
  }
}

void ThrowMeaningOf(const dnnl::error& error) {
  if (error.status == dnnl_out_of_memory) throw std::bad_alloc();
  Fail(ErrorKind::kInternal, std::string("oneDNN: ") + error.what());
}

}  // namespace qconvert
