#include "cmd/command_line.h"

#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>

#include <CLI/CLI.hpp>
#include <spdlog/fmt/fmt.h>

#include "lib/base/interrupt.h"
#include "lib/base/output_file.h"
#include "lib/base/standard_output.h"

namespace qconvert {
namespace {

constexpr int kMostSide = 16384;  // pixels of a resized or cropped picture

std::vector<int64_t> ParseDims(const std::string& text) {
  std::vector<int64_t> dims;
  size_t at = 0;
  while (at <= text.size()) {
    const size_t end = std::min(text.find('x', at), text.size());
    const std::string number = text.substr(at, end - at);
    const bool digits = !number.empty() && number.size() < 10 &&
                        number.find_first_not_of("0123456789") == std::string::npos;
    if (!digits || std::stoll(number) == 0) {
      Fail(ErrorKind::kUsage, "'" + text + "' is not a shape such as 1x3x224x224");
    }
    dims.push_back(std::stoll(number));
    at = end + 1;
  }
  return dims;
}

void ParseCrop(const std::string& text, DataOptions& data) {
  const std::vector<int64_t> dims = ParseDims(text);
  if (dims.size() > 2 || std::max(dims.front(), dims.back()) > kMostSide) {
    Fail(ErrorKind::kUsage,
         fmt::format("--crop takes N or HxW up to {}, not '{}'", kMostSide, text));
  }
  data.crop_height = static_cast<int>(dims.front());
  data.crop_width = static_cast<int>(dims.back());
}

int Report(const Error& error) {
  std::fflush(stdout);
  std::fprintf(stderr, "error: %s\n", error.what());
  if (error.kind() == ErrorKind::kInternal) {
    std::fprintf(stderr, "This is a mistake of qconvert; please report it with the model.\n");
  }
  return error.exit_code();
}

/// Returns the exit code once all that was printed has arrived; an error of the work comes first.
int Flushed(int code) {
  const bool failed = std::ferror(stdout) != 0;
  errno = 0;
  if (std::fflush(stdout) == 0 && !failed) return code;
  std::fprintf(stderr, "error: cannot write the standard output: %s\n",
               std::strerror(errno != 0 ? errno : EIO));
  return code == 0 ? static_cast<int>(ErrorKind::kIo) : code;
}

int Guarded(const std::function<int()>& body) {
  try {
    return body();
  } catch (const Error& error) {
    return Report(error);
  } catch (const std::bad_alloc&) {
    return Report(Error(ErrorKind::kUnusable, "out of memory"));
  } catch (const std::exception& error) {
    if (std::ferror(stdout) != 0) return static_cast<int>(ErrorKind::kIo);  // Flushed says so
    return Report(Error(ErrorKind::kInternal, error.what()));
  }
}

}  // namespace

void AddDataFlags(CLI::App& app, DataOptions& data) {
  app.add_option("--data", data.paths,
                 "samples: a folder of JPEG/PNG, .npy, .npz, IDX, or a folder of ONNX input_*.pb; "
                 "NAME=PATH for models with several inputs")
      ->type_name("PATH");
  app.add_option("--samples", data.samples, "use at most N samples")
      ->check(CLI::Range(0, INT_MAX))
      ->type_name("N");
  const auto given = [&data](const std::string&) { data.preprocessing_given = true; };
  app.add_option("--resize", data.resize, "resize the shorter side to N pixels")
      ->check(CLI::Range(1, kMostSide))
      ->type_name("N")
      ->each(given);
  app.add_option_function<std::string>(
         "--crop", [&data](const std::string& text) { ParseCrop(text, data); },
         "centre crop, N or HxW (default: the model's input)")
      ->type_name("N|HxW")
      ->each(given);
  app.add_option("--pixel-range", data.pixel_range, "pixels become 0..1 or stay 0..255")
      ->check(CLI::IsMember({1.0F, 255.0F}).description(""))
      ->type_name("1|255")
      ->each(given);
  app.add_option("--mean", data.mean, "subtracted after that; one value or one per channel")
      ->delimiter(',')
      ->type_name("M[,M...]")
      ->each(given);
  app.add_option("--std", data.std, "divided by after that; one value or one per channel")
      ->delimiter(',')
      ->type_name("S[,S...]")
      ->each(given);
  app.add_option_function<std::string>(
         "--channels", [&data](const std::string& order) { data.bgr = order == "bgr"; },
         "order of the colour channels")
      ->check(CLI::IsMember({"rgb", "bgr"}).description(""))
      ->type_name("rgb|bgr")
      ->each(given);
}

void AddShapeFlag(CLI::App& app, std::map<std::string, std::vector<int64_t>>& shapes) {
  app.add_option_function<std::vector<std::string>>(
         "--shape",
         [&shapes](const std::vector<std::string>& texts) {
           for (const std::string& text : texts) {
             const size_t colon = text.rfind(':');
             if (colon == std::string::npos || colon == 0) {
               Fail(ErrorKind::kUsage, "--shape takes NAME:1x3x224x224, not '" + text + "'");
             }
             shapes[text.substr(0, colon)] = ParseDims(text.substr(colon + 1));
           }
         },
         "shape of an input whose dimensions are symbolic, repeatable")
      ->type_name("NAME:DIMS");
}

void SettleOutputs(std::initializer_list<std::string*> outputs) {
  bool any = false;
  for (std::string* output : outputs) {
    if (output->empty() || !IsStandardOutput(*output)) continue;
    *output = "-";
    any = true;
  }
  if (any) PrintToStderr();
}

void WriteReport(const std::string& file, const std::string& text) {
  if (!file.empty()) WriteFile(file, text);
}

int RunCommand(CLI::App& app, int argc, char** argv, const std::function<int()>& body) {
  OpenStandardStreams();
  CatchInterrupts();
  return Flushed(Guarded([&]() -> int {
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return app.exit(error) == 0 ? 0 : static_cast<int>(ErrorKind::kUsage);
    }
    return body();
  }));
}

std::string Megabytes(size_t bytes) {
  const double kilobytes = static_cast<double>(bytes) / 1e3;
  return kilobytes < 1000 ? fmt::format("{:.1f} kB", kilobytes)
                          : fmt::format("{:.2f} MB", kilobytes / 1e3);
}

std::string Decibels(double sqnr_db) {
  return std::isfinite(sqnr_db) ? fmt::format("{:.1f} dB", sqnr_db) : "exact";
}

std::string CorrelationText(const OutputSummary& output) {
  return output.correlation ? fmt::format("correlation {:.5f}, ", *output.correlation) : "";
}

}  // namespace qconvert
