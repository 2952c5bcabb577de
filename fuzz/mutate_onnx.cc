#include "fuzz/mutate_onnx.h"

#include "fuzz/mutate_proto.h"
#include <google/protobuf/stubs/logging.h>
#include <onnx_full.pb.h>

namespace qconvert {
namespace {

template <typename Message>
size_t Mutate(uint8_t* data, size_t size, size_t most, unsigned seed) {
  google::protobuf::SetLogHandler(nullptr);  // else it prints each text that is no UTF-8
  std::minstd_rand random(seed);
  Message message;
  if (!message.ParseFromArray(data, static_cast<int>(size))) message.Clear();
  for (auto n = random() % 3 + 1; n > 0; --n) MutateProto(message, random);
  const size_t bytes = message.ByteSizeLong();
  if (bytes > most || !message.SerializeToArray(data, static_cast<int>(bytes))) return size;
  return bytes;
}

}  // namespace

size_t MutateModel(uint8_t* data, size_t size, size_t most, unsigned seed) {
  return Mutate<onnx_full::ModelProto>(data, size, most, seed);
}

size_t MutateTensor(uint8_t* data, size_t size, size_t most, unsigned seed) {
  return Mutate<onnx_full::TensorProto>(data, size, most, seed);
}

}  // namespace qconvert
