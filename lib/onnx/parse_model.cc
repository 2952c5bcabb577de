#include "lib/onnx/parse_model.h"

#include <algorithm>

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <onnx.pb.h>
#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"
#include "lib/base/file_kind.h"
#include "lib/base/mapped_file.h"
#include "lib/onnx/cut_off.h"

namespace qconvert {
namespace {

constexpr int kDeepestNesting = 64;

/// A mapped file as a stream whose bytes leave memory once they are read: the parser copies them.
class ReleasingStream : public google::protobuf::io::ZeroCopyInputStream {
 public:
  explicit ReleasingStream(const MappedFile& file)
      : file_(file),
        blocks_(file.bytes().data(), static_cast<int>(file.bytes().size()), kBlockBytes) {}

  bool Next(const void** bytes, int* size) override {
    const auto read = static_cast<size_t>(blocks_.ByteCount());
    if (read > released_) file_.Release(file_.bytes().subspan(released_, read - released_));
    released_ = std::max(released_, read);
    return blocks_.Next(bytes, size);
  }
  void BackUp(int count) override { blocks_.BackUp(count); }
  bool Skip(int count) override { return blocks_.Skip(count); }
  int64_t ByteCount() const override { return blocks_.ByteCount(); }

 private:
  static constexpr int kBlockBytes = 1 << 20;

  const MappedFile& file_;
  google::protobuf::io::ArrayInputStream blocks_;
  size_t released_ = 0;
};

[[noreturn]] void FailUnknown(std::span<const std::byte> bytes) {
  const std::string kind = FileKind(bytes);
  if (!kind.empty()) Fail(ErrorKind::kUnusable, "not an ONNX model, but " + kind);
  if (const auto whole = WholeModelBytes(bytes)) {
    Fail(ErrorKind::kUnusable,
         fmt::format("cut off at byte {} of an ONNX model of {} or more", bytes.size(), *whole));
  }
  Fail(ErrorKind::kUnusable, "not an ONNX model, or damaged");
}

}  // namespace

void ParseModel(const MappedFile& file, onnx::ModelProto& model) {
  if (file.bytes().empty()) FailUnknown({});
  if (file.bytes().size() > INT32_MAX) {
    Fail(ErrorKind::kUnusable,
         "larger than the 2 GB protobuf allows; store the weights as external "
         "data");
  }
  ReleasingStream bytes(file);
  google::protobuf::io::CodedInputStream stream(&bytes);
  stream.SetRecursionLimit(kDeepestNesting);
  if (!model.ParseFromCodedStream(&stream) || !stream.ConsumedEntireMessage()) {
    FailUnknown(file.bytes());
  }
}

}  // namespace qconvert
