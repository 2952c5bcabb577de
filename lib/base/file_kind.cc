#include "lib/base/file_kind.h"

#include <algorithm>
#include <string_view>

namespace qconvert {
namespace {

using std::string_view_literals::operator""sv;

struct Signature {
  size_t at;
  std::string_view bytes;
  std::string_view kind;
};

constexpr Signature kSignatures[] = {
    {0, "version https://git-lfs"sv, "a git-lfs pointer; 'git lfs pull' fetches the file itself"sv},
    {4, "TFL3"sv, "a TFLite file"sv},
    {4, "ORTM"sv, "an ONNX Runtime .ort file"sv},
    {0, "PK\x03\x04"sv, "a zip archive, such as PyTorch and Keras write"sv},
    {0, "\x80\x02"sv, "a pickle, such as PyTorch writes"sv},
    {0, "\x89HDF"sv, "an HDF5 file, such as Keras writes"sv},
    {0, "\x93NUMPY"sv, "a NumPy array"sv},
    {0, "\x1F\x8B"sv, "compressed by gzip"sv},
    {0, "\x89PNG"sv, "a PNG picture"sv},
    {0, "\xFF\xD8\xFF"sv, "a JPEG picture"sv},
    {0, "GGUF"sv, "a GGUF file"sv},
    {0,
     "\x7F"
     "ELF"sv,
     "an executable"sv},
    {0, "<!DOCTYPE"sv, "a web page"sv},
    {0, "<!doctype"sv, "a web page"sv},
    {0, "<html"sv, "a web page"sv},
    {0, "<?xml"sv, "an XML file, such as OpenVINO writes"sv},
    {0, "{"sv, "a JSON file"sv},
};

}  // namespace

std::string FileKind(std::span<const std::byte> bytes) {
  if (bytes.empty()) return "an empty file";
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  for (const Signature& signature : kSignatures) {
    if (text.size() < signature.at) continue;
    if (text.substr(signature.at).starts_with(signature.bytes)) return std::string(signature.kind);
  }
  if (std::ranges::all_of(text.substr(0, 4096), [](char byte) { return byte == '\0'; })) {
    return "filled with zeros, as an unfinished download is";
  }
  return "";
}

}  // namespace qconvert
