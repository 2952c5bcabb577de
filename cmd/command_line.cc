#include "cmd/command_line.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>

#include <CLI/CLI.hpp>
#include <spdlog/fmt/fmt.h>

#include "cmd/completions.h"
#include "cmd/config_file.h"
#include "cmd/help_text.h"
#include "cmd/man_page.h"
#include "cmd/plain_message.h"
#include "cmd/strict_parse.h"
#include "lib/base/cut_files.h"
#include "lib/base/interrupt.h"
#include "lib/base/output_file.h"
#include "lib/base/printable.h"
#include "lib/base/standard_output.h"

namespace qconvert {
namespace {

/// Returns the sides of "1x3x224x224".
std::vector<int64_t> ParseDims(const std::string& flag, const std::string& text) {
  std::vector<int64_t> dims;
  size_t at = 0;
  while (at <= text.size()) {
    const size_t end = std::min(text.find('x', at), text.size());
    const std::string number = text.substr(at, end - at);
    const bool digits = !number.empty() && number.size() < 10 &&
                        number.find_first_not_of("0123456789") == std::string::npos;
    if (!digits || std::stoll(number) == 0) {
      Fail(ErrorKind::kUsage, flag + ": '" + text + "' is not a shape such as 1x3x224x224");
    }
    dims.push_back(std::stoll(number));
    at = end + 1;
  }
  return dims;
}

/// Returns the options of pictures, which are then given.
PictureOptions& Given(DataOptions& data) {
  if (!data.preprocessing) data.preprocessing.emplace();
  return *data.preprocessing;
}

void ParseCrop(const std::string& text, DataOptions& data) {
  const std::vector<int64_t> dims = ParseDims("--crop", text);
  if (dims.size() > 2) {
    Fail(ErrorKind::kUsage, fmt::format("--crop takes N or HxW, not '{}'", text));
  }
  Given(data).crop_height = static_cast<int>(dims.front());
  Given(data).crop_width = static_cast<int>(dims.back());
}

/// Adds an option that fills a field of the pictures' options.
template <typename T>
CLI::Option* AddPictureFlag(CLI::App& app, const std::string& flag, DataOptions& data,
                            T PictureOptions::*field, const std::string& help) {
  return app.add_option_function<T>(
      flag, [&data, field](const T& value) { Given(data).*field = value; }, help);
}

int Report(const Error& error) {
  std::fflush(stdout);
  std::fprintf(stderr, "error: %s\n", Printable(error.what(), "\n").c_str());
  if (error.kind() == ErrorKind::kInternal) {
    std::fprintf(stderr, "This is a mistake of qconvert; please report it with the model.\n");
  }
  return error.exit_code();
}

// What is printed is written at the end, so that the reason of a failure is known there.
std::array<char, size_t{1} << 20> printed;

/// Returns the exit code once all that was printed has arrived; an error of the work comes first.
int Flushed(int code) {
  const bool failed = std::ferror(stdout) != 0;
  errno = 0;
  if (std::fflush(stdout) == 0 && !failed) return code;
  std::fprintf(stderr, "error: cannot write the standard output: %s\n",
               std::strerror(errno != 0 ? errno : EIO));
  return code == 0 ? static_cast<int>(ErrorKind::kIo) : code;
}

/// Adds --generate, which prints what packages install and ends.
void AddGenerator(CLI::App& app) {
  using Generator = std::string (*)(const CLI::App&);
  static constexpr std::array<Generator, 4> kGenerators = {ManPage, BashCompletion, ZshCompletion,
                                                           FishCompletion};
  AddNames(app, "--generate", {"man", "bash", "zsh", "fish"},
           "print the man page, or the completions of a shell, and exit",
           [&app](size_t kind) {
             fmt::print("{}", kGenerators[kind](app));
             throw CLI::Success();
           })
      ->configurable(false);
}

/// Runs the body. A file that was cut while it was read explains whatever came of it.
int RunBody(const std::function<int()>& body) {
  try {
    const int code = body();
    RequireWholeFiles();
    return code;
  } catch (const Error&) {
    RequireWholeFiles();
    throw;
  }
}

int Guarded(const std::function<int()>& body) {
  try {
    return RunBody(body);
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

CLI::Option* AddNames(CLI::App& app, const std::string& flag, const std::vector<std::string>& names,
                      const std::string& help, std::function<void(size_t)> choose) {
  const auto take = [names, choose = std::move(choose)](const std::string& name) {
    choose(static_cast<size_t>(std::find(names.begin(), names.end(), name) - names.begin()));
  };
  return app.add_option_function<std::string>(flag, take, help)
      ->check(CLI::IsMember(names).description(""))
      ->type_name(fmt::format("{}", fmt::join(names, "|")));
}

CLI::Option* AddMethodNames(CLI::App& app, const std::string& flag, const std::string& what,
                            const std::vector<NamedMethod>& methods,
                            std::optional<std::string>& target) {
  std::vector<std::string> names;
  std::string help = what + ":";
  for (const NamedMethod& method : methods) {
    help += fmt::format("{} {}, {}", names.empty() ? "" : ";", method.name, method.help);
    names.push_back(method.name);
  }
  return AddNames(app, flag, names, help, [&target, names](size_t i) { target = names[i]; })
      ->default_str(names.front());
}

CLI::Option* AddOutputFlag(CLI::App& app, const std::string& flag, std::string& output,
                           const std::string& help) {
  const auto named = [](const std::string& name) {
    return name.empty() ? "an empty name names no file" : "";
  };
  return app.add_option(flag, output, help)->check(named)->type_name("FILE|-");
}

void AddDataFlags(CLI::App& app, DataOptions& data, const std::string& otherwise) {
  app.add_option("--data", data.paths,
                 "samples: a folder of JPEG/PNG, .npy, .npz, IDX, or a folder of ONNX input_*.pb; "
                 "for models with several inputs one --data NAME=PATH for each")
      ->allow_extra_args(false)
      ->type_name("PATH");
  app.add_option("--samples", data.samples, "use at most N samples")
      ->check(CLI::Range(0, INT_MAX).description(""))
      ->type_name("N")
      ->default_str("all");
  AddPictureFlag(app, "--resize", data, &PictureOptions::resize,
                 "resize the shorter side to N pixels")
      ->check(CLI::Range(1, INT_MAX).description(""))
      ->type_name("N")
      ->default_str(otherwise + "what the crop needs");
  app.add_option_function<std::string>(
         "--crop", [&data](const std::string& text) { ParseCrop(text, data); },
         "centre crop, N or HxW")
      ->type_name("N|HxW")
      ->default_str(otherwise + "the model's input");
  AddPictureFlag(app, "--pixel-range", data, &PictureOptions::pixel_range,
                 "pixels become 0..1 or stay 0..255")
      ->check(CLI::IsMember({1.0F, 255.0F}).description(""))
      ->type_name("1|255")
      ->default_str(otherwise + "1");
  AddPictureFlag(app, "--mean", data, &PictureOptions::mean,
                 "subtracted after that; one value or one per channel")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("M[,M...]")
      ->default_str(otherwise + "0");
  AddPictureFlag(app, "--std", data, &PictureOptions::std,
                 "divided by after that; one value or one per channel")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("S[,S...]")
      ->default_str(otherwise + "1");
  using Channels = PictureOptions::Channels;
  AddNames(app, "--channels", {"rgb", "bgr"}, "order of the colour channels", [&data](size_t i) {
    Given(data).channels = i == 0 ? Channels::kRgb : Channels::kBgr;
  })->default_str(otherwise + "rgb");
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
             shapes[text.substr(0, colon)] = ParseDims("--shape", text.substr(colon + 1));
           }
         },
         "shape of an input, repeatable; it must be given where dimensions are symbolic")
      ->allow_extra_args(false)
      ->type_name("NAME:DIMS");
}

void AddCutFlags(CLI::App& app, std::vector<std::string>& inputs,
                 std::vector<std::string>& outputs) {
  const auto add = [&](const char* flag, std::vector<std::string>& names, const char* help) {
    app.add_option(flag, names, help)
        ->delimiter(',')
        ->allow_extra_args(false)
        ->type_name("NAME,...");
  };
  add("--inputs", inputs, "tensors of the ONNX model at which the network begins");
  add("--outputs", outputs, "tensors of the ONNX model at which it ends");
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
  std::setvbuf(stdout, printed.data(), _IOFBF, printed.size());
  OpenStandardStreams();
  CatchInterrupts();
  SurviveCutFiles();
  FormatHelp(app);
  const ConfigFile configuration(app);
  AddGenerator(app);
  app.failure_message([](const CLI::App* program, const CLI::Error& error) {
    return fmt::format("error: {}; see {} --help\n", Explained(error.what()), program->get_name());
  });
  return Flushed(Guarded([&]() -> int {
    try {
      ParseStrictly(app, argc, argv);
    } catch (const CLI::ParseError& error) {
      return app.exit(error) == 0 ? 0 : static_cast<int>(ErrorKind::kUsage);
    }
    if (!configuration.is_asked_for()) return body();
    fmt::print("{}", configuration.Text());
    return 0;
  }));
}

std::string Megabytes(size_t bytes) {
  const double kilobytes = static_cast<double>(bytes) / 1e3;
  return kilobytes < 1000 ? fmt::format("{:.1f} kB", kilobytes)
                          : fmt::format("{:.2f} MB", kilobytes / 1e3);
}

}  // namespace qconvert
