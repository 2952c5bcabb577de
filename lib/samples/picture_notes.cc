#include "lib/samples/picture_notes.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <string_view>

#include <spdlog/fmt/fmt.h>

#include "lib/samples/picture.h"
#include "lib/samples/sample_set.h"

namespace qconvert {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 10> kOtherFormats = {
    ".webp", ".heic", ".heif", ".avif", ".gif", ".bmp", ".tif", ".tiff", ".jp2", ".ppm"};

bool HoldsPictures(const std::string& path) {
  const std::vector<std::string> files = SampleFiles(path);
  return std::ranges::any_of(files, [](const std::string& file) {
    return IsPictureName(file) || file.find("-ubyte") != std::string::npos ||
           file.ends_with(".idx");
  });
}

std::string Joined(const std::vector<float>& values, float otherwise) {
  if (values.empty()) return fmt::format("{}", otherwise);
  return fmt::format("{}", fmt::join(values, ","));
}

std::string Lowered(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// Returns the folder of "PATH" or "NAME=PATH"; empty when it is none.
fs::path FolderOf(const std::string& path) {
  std::error_code not_there;
  if (fs::is_directory(path, not_there)) return path;
  const size_t equals = path.find('=');
  if (equals == std::string::npos || !fs::is_directory(path.substr(equals + 1), not_there)) {
    return {};
  }
  return path.substr(equals + 1);
}

void CountOthers(const fs::path& folder, std::map<std::string, int>& counts) {
  std::error_code unreadable;
  const auto options = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator at(folder, options, unreadable), end;
       !unreadable && at != end; at.increment(unreadable)) {
    const std::string suffix = Lowered(at->path().extension().string());
    if (std::ranges::find(kOtherFormats, suffix) != kOtherFormats.end()) ++counts[suffix];
  }
}

}  // namespace

std::string DescribePictures(const std::vector<std::string>& paths, const Preprocessing& p) {
  if (std::ranges::none_of(paths, HoldsPictures)) return "";
  const std::string side =
      p.resize > 0 ? fmt::format("shorter side {}", p.resize) : "just large enough for the crop";
  const std::string crop =
      p.crop_height > 0 ? fmt::format("{}x{}", p.crop_height, p.crop_width) : "of the input's size";
  return fmt::format("{}, crop {}, values 0 to {}, mean {}, std {}{}", side, crop, p.pixel_range,
                     Joined(p.mean, 0), Joined(p.std, 1), p.bgr ? ", BGR" : "");
}

std::string OtherPictures(const std::vector<std::string>& paths) {
  std::map<std::string, int> counts;
  for (const std::string& path : paths) {
    const fs::path folder = FolderOf(path);
    if (!folder.empty()) CountOthers(folder, counts);
  }
  std::string text;
  for (const auto& [suffix, count] : counts) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, suffix);
  }
  return text;
}

}  // namespace qconvert
