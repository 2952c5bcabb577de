#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/printable.h"
#include "lib/samples/array.h"
#include "lib/samples/inflate.h"

namespace qconvert {
namespace {

constexpr size_t kMostHeaderBytes = size_t{1} << 16;

[[noreturn]] void Damaged(const std::string& what) { Fail(ErrorKind::kUnusable, what); }

/// Reads a little-endian integer at `at`, checked.
template <typename T>
T Load(std::span<const std::byte> bytes, size_t at) {
  if (at > bytes.size() || bytes.size() - at < sizeof(T)) Damaged("the file is cut off");
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof(T));
  return value;
}

std::span<const std::byte> Slice(std::span<const std::byte> bytes, size_t at, size_t count) {
  if (at > bytes.size() || bytes.size() - at < count) Damaged("the file is cut off");
  return bytes.subspan(at, count);
}

/// Returns the text behind 'key': in the header's Python dictionary.
std::string_view Entry(std::string_view header, std::string_view key) {
  const size_t at = header.find(key);
  if (at == std::string_view::npos) Damaged("its header has no " + std::string(key));
  std::string_view rest = header.substr(at + key.size());
  while (!rest.empty() && (rest.front() == ':' || rest.front() == ' ')) rest.remove_prefix(1);
  return rest;
}

ElementType ParseType(std::string_view descr) {
  struct Spelling {
    std::string_view text;
    ElementType type;
  };
  constexpr Spelling kSpellings[] = {
      {"'<f4'", ElementType::kFloat32}, {"'<f8'", ElementType::kFloat64},
      {"'<f2'", ElementType::kFloat16}, {"'|i1'", ElementType::kInt8},
      {"'|u1'", ElementType::kUInt8},   {"'<i2'", ElementType::kInt16},
      {"'<i4'", ElementType::kInt32},   {"'<i8'", ElementType::kInt64},
      {"'|b1'", ElementType::kBool}};
  for (const Spelling& spelling : kSpellings) {
    if (descr.substr(0, spelling.text.size()) == spelling.text) return spelling.type;
  }
  const bool quoted = descr.starts_with('\'');  // else a list of fields
  const size_t end = quoted ? descr.find('\'', 1) : std::string_view::npos;
  const std::string type = quoted ? Printable(descr.substr(1, end - 1)) : "of several fields";
  Damaged("its elements are " + type + ", not numbers as this processor has them; save " +
          "array.astype(\"float32\")");
}

Shape ParseShape(std::string_view text) {
  Shape shape;
  const size_t end = text.find(')');
  if (text.empty() || text.front() != '(' || end == std::string_view::npos) {
    Damaged("its header has a damaged shape");
  }
  int64_t value = -1;
  for (char c : text.substr(1, end)) {
    if (c >= '0' && c <= '9') {
      value = std::max<int64_t>(value, 0) * 10 + (c - '0');
      if (value > (int64_t{1} << 40)) Damaged("its shape is too large");
    } else if ((c == ',' || c == ')') && value >= 0) {
      shape.push_back(value);
      value = -1;
    } else if (c != ',' && c != ')' && c != ' ') {
      Damaged("its header has a damaged shape");
    }
  }
  return shape;
}

struct ZipMember {
  std::string name;
  uint16_t method = 0;
  uint64_t compressed = 0, size = 0, offset = 0;
};

/// Reads one entry of the central directory at `at` and moves `at` past it.
ZipMember ReadEntry(std::span<const std::byte> bytes, size_t& at) {
  if (Load<uint32_t>(bytes, at) != 0x02014b50) Damaged("its zip directory is damaged");
  ZipMember member;
  member.method = Load<uint16_t>(bytes, at + 10);
  member.compressed = Load<uint32_t>(bytes, at + 20);
  member.size = Load<uint32_t>(bytes, at + 24);
  member.offset = Load<uint32_t>(bytes, at + 42);
  const size_t name_bytes = Load<uint16_t>(bytes, at + 28);
  const size_t extra_bytes = Load<uint16_t>(bytes, at + 30);
  const size_t comment_bytes = Load<uint16_t>(bytes, at + 32);
  const auto name = Slice(bytes, at + 46, name_bytes);
  member.name.assign(reinterpret_cast<const char*>(name.data()), name.size());
  if (member.size == UINT32_MAX || member.offset == UINT32_MAX) {
    Damaged("members of 4 GB and more (zip64) are not supported");
  }
  at += 46 + name_bytes + extra_bytes + comment_bytes;
  return member;
}

/// Finds the end-of-directory record; a comment of up to 64 kB may follow it.
size_t FindDirectoryEnd(std::span<const std::byte> bytes) {
  constexpr size_t kRecordBytes = 22, kMostComment = 65535;
  if (bytes.size() < kRecordBytes) Damaged("not a zip archive");
  const size_t last = bytes.size() - kRecordBytes;
  for (size_t back = 0; back <= std::min(last, kMostComment); ++back) {
    if (Load<uint32_t>(bytes, last - back) == 0x06054b50) return last - back;
  }
  Damaged("not a zip archive, or cut off");
}

/// What the header of an .npy says, and where the values begin.
struct NpyHeader {
  Array array;  // without its values
  size_t values_at = 0, value_bytes = 0;
};

NpyHeader ReadNpyHeader(std::span<const std::byte> bytes) {
  constexpr std::string_view kMagic = "\x93NUMPY";
  if (bytes.size() < 10 || std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0) {
    Damaged("not an .npy file");
  }
  const bool long_header = Load<uint8_t>(bytes, 6) >= 2;
  const size_t header_bytes = long_header ? Load<uint32_t>(bytes, 8) : Load<uint16_t>(bytes, 8);
  const size_t header_at = long_header ? 12 : 10;
  const auto header_span = Slice(bytes, header_at, header_bytes);
  const std::string_view text(reinterpret_cast<const char*>(header_span.data()), header_bytes);
  if (Entry(text, "'fortran_order'").substr(0, 4) == "True") {
    Damaged("it is in Fortran order; save numpy.ascontiguousarray of it");
  }
  NpyHeader header{{ParseType(Entry(text, "'descr'")), ParseShape(Entry(text, "'shape'")), {}, {}},
                   header_at + header_bytes};
  header.value_bytes =
      static_cast<size_t>(NumElements(header.array.shape)) * ElementBytes(header.array.type);
  return header;
}

/// Returns the bytes of a member as they lie in the archive.
std::span<const std::byte> StoredBytes(std::span<const std::byte> bytes, const ZipMember& member) {
  if (Load<uint32_t>(bytes, member.offset) != 0x04034b50) Damaged("its zip directory is damaged");
  const size_t data = member.offset + 30 + Load<uint16_t>(bytes, member.offset + 26) +
                      Load<uint16_t>(bytes, member.offset + 28);
  return Slice(bytes, data, member.compressed);
}

/// Decompresses no more than the header says there is, and nothing of what nobody accepts.
Array ReadDeflated(std::span<const std::byte> stored, const ShapeCheck& accept) {
  const NpyHeader header =
      ReadNpyHeader(InflateHead(stored, Compression::kRawDeflate, kMostHeaderBytes));
  if (accept) accept(header.array.shape);
  auto inflated = std::make_shared<const std::vector<std::byte>>(
      Inflate(stored, Compression::kRawDeflate, header.values_at + header.value_bytes));
  return ReadNpy(*inflated, inflated);
}

Array ReadMember(std::span<const std::byte> bytes, const std::shared_ptr<const void>& owner,
                 const ZipMember& member, const ShapeCheck& accept) {
  const auto stored = StoredBytes(bytes, member);
  if (member.method == 0) return ReadNpy(stored, owner);
  if (member.method != 8) Damaged("it is compressed in an unknown way");
  return ReadDeflated(stored, accept);
}

/// Calls visit(key, member) for each member.
template <typename Visit>
void ForEachMember(std::span<const std::byte> bytes, Visit visit) {
  const size_t end = FindDirectoryEnd(bytes);
  const size_t count = Load<uint16_t>(bytes, end + 10);
  size_t at = Load<uint32_t>(bytes, end + 16);
  for (size_t i = 0; i < count; ++i) {
    const ZipMember member = ReadEntry(bytes, at);
    const bool npy = member.name.size() > 4 && member.name.ends_with(".npy");
    visit(npy ? member.name.substr(0, member.name.size() - 4) : member.name, member);
  }
}

}  // namespace

Array ReadNpy(std::span<const std::byte> bytes, std::shared_ptr<const void> owner) {
  NpyHeader header = ReadNpyHeader(bytes);
  header.array.bytes = Slice(bytes, header.values_at, header.value_bytes);
  header.array.owner = std::move(owner);
  return std::move(header.array);
}

std::map<std::string, Array> ReadNpz(std::span<const std::byte> bytes,
                                     std::shared_ptr<const void> owner,
                                     const std::map<std::string, ShapeCheck>& wanted) {
  std::map<std::string, Array> arrays;
  ForEachMember(bytes, [&](const std::string& key, const ZipMember& member) {
    const auto found = wanted.find(key);
    if (found == wanted.end()) return;
    try {
      arrays[key] = ReadMember(bytes, owner, member, found->second);
    } catch (const Error& error) {
      throw error.WithContext("member '" + Printable(member.name) + "'");
    }
  });
  return arrays;
}

std::vector<std::string> NpzKeys(std::span<const std::byte> bytes) {
  std::vector<std::string> keys;
  ForEachMember(bytes,
                [&](const std::string& key, const ZipMember&) { keys.push_back(Printable(key)); });
  return keys;
}

}  // namespace qconvert
