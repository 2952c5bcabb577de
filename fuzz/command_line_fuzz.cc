// The flags of the tools, one a line, in a folder with a few small files.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "fuzz/scratch.h"

#include "cmd/mains.h"

namespace {

constexpr size_t kMostArguments = 12;

/// Makes the folder that the tools run in. Its files come from the seeds' folder, where a script
/// has put them.
void EnterFolder() {
  namespace fs = std::filesystem;
  const fs::path folder = qconvert::ScratchFolderOfProcess() + "/a/b/c";
  fs::create_directories(folder);
  const char* files = std::getenv("QCONVERT_FUZZ_FILES");
  if (files != nullptr) fs::copy(files, folder, fs::copy_options::recursive);
  fs::current_path(folder);
}

/// Returns whether a flag is left out: it would run for hours, or hand bytes to a shell.
bool IsLeftOut(const std::string& line) {
  constexpr std::array kFlags = {"--epochs", "--runs", "--budget", "--metric-command"};
  return std::ranges::any_of(kFlags, [&](const char* flag) { return line.starts_with(flag); });
}

/// Returns the arguments. None leads out of the folder, and no report has many threads.
std::vector<std::string> ArgumentsOf(const std::string& text) {
  std::vector<std::string> arguments = {"tool"};
  std::istringstream lines(text);
  for (std::string line; arguments.size() < kMostArguments && std::getline(lines, line);) {
    std::replace(line.begin(), line.end(), '/', '_');
    std::replace(line.begin(), line.end(), '\0', '0');
    if (!IsLeftOut(line)) arguments.push_back(line);
  }
  return arguments;
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  EnterFolder();
  return std::freopen("/dev/null", "w", stdout) == nullptr ? 1 : 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  std::vector<std::string> arguments =
      ArgumentsOf({reinterpret_cast<const char*>(data + 1), size - 1});
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  constexpr std::array kTools = {QconvertMain, QevalMain, QtuneMain};
  const auto tool = kTools[data[0] % kTools.size()];
  constexpr int kMistake = 70;
  if (tool(static_cast<int>(arguments.size()), pointers.data()) == kMistake) std::abort();
  return 0;
}
