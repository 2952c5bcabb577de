#include "lib/convert/other_options.h"

#include <spdlog/fmt/fmt.h>

#include "lib/calibration/range_method.h"
#include "lib/convert/validate_options.h"
#include "lib/quantization/scale_method.h"

namespace qconvert {
namespace {

using Granularity = ConvertOptions::Granularity;
using Mode = ConvertOptions::Mode;

bool AreValid(const ConvertOptions& options) {
  try {
    Validated(options);
    return true;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUsage) throw;
    return false;
  }
}

void AppendWord(const std::string& word, std::string& words) {
  if (word.empty()) return;
  words += words.empty() ? word : " " + word;
}

/// Collects single changes of the options.
class Changes {
 public:
  explicit Changes(const ConvertOptions& given) : given_(given) {}

  template <typename Change>
  void Add(const std::string& flag, const std::string& instead_of, const Change& change) {
    OtherOptions other{flag, instead_of, given_};
    change(other.options);
    if (!AreValid(other.options)) return;
    list_.push_back(std::move(other));
    change(all_);
    AppendWord(flag, all_flags_);
    AppendWord(instead_of, all_instead_of_);
  }

  std::vector<OtherOptions> Finish() && {
    if (list_.size() > 1 && AreValid(all_)) list_.push_back({all_flags_, all_instead_of_, all_});
    return std::move(list_);
  }

 private:
  const ConvertOptions& given_;
  ConvertOptions all_ = given_;
  std::string all_flags_, all_instead_of_;
  std::vector<OtherOptions> list_;
};

void AddCalibration(const ConvertOptions& given, const RangeMethod& method, Changes& changes) {
  std::string instead_of = "--calibration " + *given.calibration;
  if (given.percentile) AppendWord(fmt::format("--percentile {:g}", *given.percentile), instead_of);
  if (given.decay) AppendWord(fmt::format("--decay {:g}", *given.decay), instead_of);
  changes.Add(fmt::format("--calibration {}", method.name), instead_of,
              [&method](ConvertOptions& options) {
                options.calibration = std::string(method.name);
                options.decay.reset();
                options.percentile.reset();
              });
}

}  // namespace

std::string PatternFlag(const std::string& flag, const std::string& pattern) {
  std::string word;
  for (const char c : pattern) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return flag + " '" + word + "'";
}

std::vector<OtherOptions> MoreAccurateOptions(const ConvertOptions& given) {
  Changes changes(given);
  if (given.bits == 4) {
    changes.Add("--bits 8", given.all_layers ? "--bits 4 --all-layers" : "--bits 4",
                [](ConvertOptions& options) {
                  options.bits = 8;
                  options.all_layers = false;
                });
  }
  if (given.granularity == Granularity::kPerLayer) {
    changes.Add("--per-channel", "--per-layer",
                [](ConvertOptions& options) { options.granularity = Granularity::kPerChannel; });
  }
  const std::string best_scale(ScaleMethods().front()->name);
  if (given.weight_scale && *given.weight_scale != best_scale) {
    changes.Add("--weight-scale " + best_scale, "--weight-scale " + *given.weight_scale,
                [&](ConvertOptions& options) { options.weight_scale = best_scale; });
  }
  const RangeMethod& by_default = *RangeMethods().front();
  if (given.calibration && *given.calibration != by_default.name) {
    AddCalibration(given, by_default, changes);
  }
  using BiasCorrection = ConvertOptions::BiasCorrection;
  if (given.bias_correction == BiasCorrection::kNone) {
    changes.Add(
        "--bias-correction sequential", "--bias-correction none",
        [](ConvertOptions& options) { options.bias_correction = BiasCorrection::kSequential; });
  }
  return std::move(changes).Finish();
}

std::vector<OtherOptions> NodeOptions(const ConvertOptions& given, const std::string& nodes) {
  std::vector<OtherOptions> list;
  const auto add = [&](const std::string& flag, std::string ConvertOptions::*pattern) {
    const std::string& named = given.*pattern;
    const std::string all = named.empty() ? nodes : nodes + "|" + named;
    OtherOptions other{PatternFlag(flag, all), named.empty() ? "" : PatternFlag(flag, named),
                       given};
    other.options.*pattern = all;
    if (AreValid(other.options)) list.push_back(std::move(other));
  };
  if (given.io != ConvertOptions::Io::kFloat32) add("--wide", &ConvertOptions::wide);
  add("--exclude", &ConvertOptions::exclude);
  return list;
}

std::vector<OtherOptions> MoreFloatOptions(const ConvertOptions& given) {
  Changes changes(given);
  if (given.codebook) {
    changes.Add("--weights-only", fmt::format("--codebook {}", *given.codebook),
                [](ConvertOptions& options) {
                  options.mode = Mode::kWeightsOnly;
                  options.codebook.reset();
                });
  } else if (given.mode == Mode::kInteger) {
    std::string instead_of =
        given.activation_bits ? fmt::format("--activation-bits {}", *given.activation_bits) : "";
    if (!given.wide.empty()) AppendWord("--wide", instead_of);
    changes.Add("--weights-only", instead_of, [](ConvertOptions& options) {
      options.mode = Mode::kWeightsOnly;
      options.activation_bits.reset();
      options.wide.clear();
    });
  } else if (given.mode == Mode::kDynamic) {
    changes.Add("--weights-only", "--dynamic",
                [](ConvertOptions& options) { options.mode = Mode::kWeightsOnly; });
  } else {
    const std::string bits = given.bits ? fmt::format("--bits {}", *given.bits) : "";
    changes.Add("--bits 16", bits, [](ConvertOptions& options) { options.bits = 16; });
  }
  return std::move(changes).Finish();
}

}  // namespace qconvert
