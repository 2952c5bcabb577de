#include "lib/onnx/cut_off.h"

namespace qconvert {
namespace {

constexpr uint64_t kVarint = 0, kLengthDelimited = 2;  // protobuf's wire types
constexpr uint64_t kLastField = 25;                    // of ModelProto: functions

class FieldReader {
 public:
  explicit FieldReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  bool at_end() const { return at_ >= bytes_.size(); }
  uint64_t at() const { return at_; }

  /// Returns whether the next field may be one of ModelProto's; moves behind it, or behind the end.
  bool Skip() {
    const auto tag = Varint();
    if (!tag) return false;
    const uint64_t field = *tag >> 3, type = *tag & 7;
    if (field == 0 || field > kLastField || (type != kVarint && type != kLengthDelimited)) {
      return false;
    }
    const auto value = Varint();
    if (!value || *value > kMostBytes) return false;
    if (type == kLengthDelimited) at_ += *value;
    return true;
  }

 private:
  static constexpr uint64_t kMostBytes = uint64_t{1} << 40;

  std::optional<uint64_t> Varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64 && !at_end(); shift += 7) {
      const auto byte = static_cast<uint64_t>(bytes_[at_++]);
      value |= (byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    return {};
  }

  std::span<const std::byte> bytes_;
  uint64_t at_ = 0;
};

}  // namespace

std::optional<uint64_t> WholeModelBytes(std::span<const std::byte> bytes) {
  FieldReader fields(bytes);
  while (!fields.at_end()) {
    if (!fields.Skip()) return {};
  }
  return fields.at() > bytes.size() ? std::optional(fields.at()) : std::nullopt;
}

}  // namespace qconvert
