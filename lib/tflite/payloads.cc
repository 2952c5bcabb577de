#include "lib/tflite/payloads.h"

#include <cstring>
#include <memory>

#include "tflite_generated.h"
#include <flatbuffers/flatbuffers.h>

namespace qconvert {
namespace {

constexpr size_t kAlignment = 16;
constexpr size_t kReadBehind = 16;  // XNNPACK's kernels read beyond the last constant

size_t Aligned(size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

/// Bytes that are filled from the front.
class FilledBytes {
 public:
  explicit FilledBytes(size_t size)
      : bytes_(std::make_unique_for_overwrite<std::byte[]>(size)), size_(size) {}

  /// Appends bytes at the next multiple of the alignment, with zeros before them.
  void Append(const void* bytes, size_t count) {
    Fill(Aligned(end_));
    std::memcpy(&bytes_[end_], bytes, count);
    end_ += count;
  }

  SharedBytes Finish() {
    Fill(size_);
    const std::span<const std::byte> bytes(bytes_.get(), size_);
    return ShareBytes(bytes, std::move(bytes_));
  }

 private:
  void Fill(size_t up_to) {
    std::memset(&bytes_[end_], 0, up_to - end_);
    end_ = up_to;
  }

  std::unique_ptr<std::byte[]> bytes_;
  size_t size_, end_ = 0;
};

}  // namespace

/// Says where each payload will stand, and returns the bytes of the file.
size_t Payloads::Place(std::span<std::byte> structure) const {
  auto& buffers = *tflite::GetMutableModel(structure.data())->mutable_buffers();
  size_t end = structure.size();
  for (const auto& [buffer, payload] : payloads_) {
    const size_t begin = Aligned(end);
    buffers.GetMutableObject(buffer)->mutate_offset(begin);
    end = begin + payload.bytes.size();
  }
  return Aligned(end + kReadBehind);
}

SharedBytes Payloads::AppendTo(std::span<std::byte> structure) {
  FilledBytes file(Place(structure));
  file.Append(structure.data(), structure.size());
  for (auto& [buffer, payload] : payloads_) {
    file.Append(payload.bytes.data(), payload.bytes.size());
    payload = {};
  }
  return file.Finish();
}

}  // namespace qconvert
