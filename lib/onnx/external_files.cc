#include "lib/onnx/external_files.h"

#include <climits>
#include <filesystem>
#include <set>

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>
#include <onnx.pb.h>

#include "lib/base/mapped_file.h"

namespace qconvert {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

constexpr int kDeepestNesting = 64;  // as deep as the importer parses

enum class Message { kModel, kTraining, kFunction, kGraph, kNode, kAttribute, kSparse, kTensor };

/// A field that holds messages with tensors somewhere inside.
struct Field {
  Message parent;
  int number;
  Message child;
};

constexpr Field kFields[] = {
    {Message::kModel, onnx::ModelProto::kGraphFieldNumber, Message::kGraph},
    {Message::kModel, onnx::ModelProto::kTrainingInfoFieldNumber, Message::kTraining},
    {Message::kModel, onnx::ModelProto::kFunctionsFieldNumber, Message::kFunction},
    {Message::kTraining, onnx::TrainingInfoProto::kInitializationFieldNumber, Message::kGraph},
    {Message::kTraining, onnx::TrainingInfoProto::kAlgorithmFieldNumber, Message::kGraph},
    {Message::kFunction, onnx::FunctionProto::kNodeFieldNumber, Message::kNode},
    {Message::kGraph, onnx::GraphProto::kNodeFieldNumber, Message::kNode},
    {Message::kGraph, onnx::GraphProto::kInitializerFieldNumber, Message::kTensor},
    {Message::kGraph, onnx::GraphProto::kSparseInitializerFieldNumber, Message::kSparse},
    {Message::kNode, onnx::NodeProto::kAttributeFieldNumber, Message::kAttribute},
    {Message::kAttribute, onnx::AttributeProto::kTFieldNumber, Message::kTensor},
    {Message::kAttribute, onnx::AttributeProto::kTensorsFieldNumber, Message::kTensor},
    {Message::kAttribute, onnx::AttributeProto::kSparseTensorFieldNumber, Message::kSparse},
    {Message::kAttribute, onnx::AttributeProto::kSparseTensorsFieldNumber, Message::kSparse},
    {Message::kAttribute, onnx::AttributeProto::kGFieldNumber, Message::kGraph},
    {Message::kAttribute, onnx::AttributeProto::kGraphsFieldNumber, Message::kGraph},
    {Message::kSparse, onnx::SparseTensorProto::kValuesFieldNumber, Message::kTensor},
    {Message::kSparse, onnx::SparseTensorProto::kIndicesFieldNumber, Message::kTensor},
};

const Field* FindField(Message parent, int number) {
  for (const Field& field : kFields) {
    if (field.parent == parent && field.number == number) return &field;
  }
  return nullptr;
}

/// Walks over the wire format of a model and gathers the locations of external data.
class LocationWalk {
 public:
  explicit LocationWalk(std::span<const std::byte> bytes)
      : stream_(reinterpret_cast<const uint8_t*>(bytes.data()), static_cast<int>(bytes.size())) {
    stream_.SetRecursionLimit(kDeepestNesting);
    Walk(Message::kModel);
  }

  std::set<std::string> locations;

 private:
  /// Reads one message up to its end. Returns false when the bytes are no such message.
  bool Walk(Message message) {
    while (const uint32_t tag = stream_.ReadTag()) {
      const int number = WireFormatLite::GetTagFieldNumber(tag);
      const bool holds_bytes =
          WireFormatLite::GetTagWireType(tag) == WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
      const Field* field = FindField(message, number);
      const bool external =
          message == Message::kTensor && number == onnx::TensorProto::kExternalDataFieldNumber;
      const bool read = holds_bytes && external ? ReadEntry()
                        : holds_bytes && field != nullptr
                            ? Descend(field->child)
                            : WireFormatLite::SkipField(&stream_, tag);
      if (!read) return false;
    }
    return true;
  }

  bool Descend(Message message) {
    int size = 0;
    if (!stream_.ReadVarintSizeAsInt(&size)) return false;
    const auto limit = stream_.IncrementRecursionDepthAndPushLimit(size);
    return limit.second >= 0 && Walk(message) &&
           stream_.DecrementRecursionDepthAndPopLimit(limit.first);
  }

  bool ReadEntry() {
    int size = 0;
    std::string bytes;
    onnx::StringStringEntryProto entry;
    if (!stream_.ReadVarintSizeAsInt(&size) || !stream_.ReadString(&bytes, size)) return false;
    if (!entry.ParseFromString(bytes)) return false;
    if (entry.key() == "location" && !entry.value().empty()) locations.insert(entry.value());
    return true;
  }

  CodedInputStream stream_;
};

}  // namespace

std::vector<std::string> ExternalFiles(const std::string& model) {
  const auto file = MappedFile::Open(model);
  if (file->bytes().size() > INT_MAX) return {};  // which protobuf does not read
  const std::filesystem::path folder = std::filesystem::path(model).parent_path();
  std::vector<std::string> files;
  for (const std::string& location : LocationWalk(file->bytes()).locations) {
    files.push_back((folder / location).string());
  }
  return files;
}

}  // namespace qconvert
