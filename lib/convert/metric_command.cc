#include "lib/convert/metric_command.h"

#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <sstream>
#include <system_error>
#include <vector>

#include <spdlog/fmt/fmt.h>

#include "lib/base/interrupt.h"
#include "lib/evaluation/dump_outputs.h"

namespace qconvert {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void FailCommand(const std::string& command, const std::string& why) {
  Fail(ErrorKind::kUnusable, fmt::format("--metric-command '{}' {}", command, why));
}

/// Returns text as one word of a shell.
std::string Quoted(const std::string& text) {
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

/// Returns what the command prints.
std::string OutputOf(const std::string& command, const std::string& folder) {
  std::FILE* pipe = popen((command + " " + Quoted(folder)).c_str(), "r");
  if (pipe == nullptr) FailCommand(command, std::string("cannot start: ") + std::strerror(errno));
  std::string printed;
  std::array<char, 4096> part;
  while (const size_t count = std::fread(part.data(), 1, part.size(), pipe)) {
    printed.append(part.data(), count);
  }
  const int status = pclose(pipe);
  ThrowIfInterrupted();
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return printed;
  FailCommand(command, WIFEXITED(status)
                           ? fmt::format("ended with exit code {}", WEXITSTATUS(status))
                           : "was ended by a signal");
}

struct Pair {
  double reference, candidate;
};

std::vector<Pair> PairsOf(const std::string& command, const std::string& printed) {
  std::vector<Pair> pairs;
  std::istringstream lines(printed);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string first, second, third;
    words >> first >> second >> third;
    if (first.empty()) continue;
    char *first_end = nullptr, *second_end = nullptr;
    const Pair pair{std::strtod(first.c_str(), &first_end),
                    std::strtod(second.c_str(), &second_end)};
    const bool numbers = *first_end == '\0' && *second_end == '\0' && !second.empty();
    if (!numbers || !third.empty()) {
      FailCommand(command, fmt::format("prints '{}': a line is two numbers, of the reference and "
                                       "of the candidate",
                                       line));
    }
    pairs.push_back(pair);
  }
  return pairs;
}

}  // namespace

MeasuredMetric RunMetricCommand(const std::string& command, const std::string& folder,
                                size_t samples) {
  const std::vector<Pair> pairs = PairsOf(command, OutputOf(command, folder));
  if (pairs.size() != 1 && pairs.size() != 1 + kDumpedDraws) {
    FailCommand(command, fmt::format("prints {} lines: one for all samples, and then none or {}, "
                                     "one for each row of draws.npy",
                                     pairs.size(), kDumpedDraws));
  }
  const Pair all = pairs.front();
  if (!std::isfinite(all.reference) || !std::isfinite(all.candidate)) {
    FailCommand(command, "prints a figure that is not finite");
  }
  std::vector<double> candidate, drop;
  for (size_t k = 1; k < pairs.size(); ++k) {
    candidate.push_back(pairs[k].candidate);
    drop.push_back(pairs[k].reference - pairs[k].candidate);
  }
  return {{all.reference, all.candidate},
          {all.candidate, PercentileInterval(candidate, samples)},
          {all.reference - all.candidate, PercentileInterval(drop, samples)}};
}

ScratchDump::ScratchDump() {
  std::error_code none;
  folder_ = (fs::temp_directory_path(none) / "qeval-").string() + std::string(6, 'X');
  if (none || mkdtemp(folder_.data()) == nullptr) {
    Fail(ErrorKind::kIo, fmt::format("there is no place for the outputs that --metric-command "
                                     "reads: {}; name one by --dump-outputs",
                                     std::strerror(errno)));
  }
}

ScratchDump::~ScratchDump() {
  std::error_code gone;
  fs::remove_all(folder_, gone);
}

}  // namespace qconvert
