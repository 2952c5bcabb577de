#include "lib/convert/epoch_samples.h"

#include <algorithm>
#include <string>

#include "lib/base/error.h"
#include "lib/convert/load_model.h"
#include "lib/math/drawn_number.h"

namespace qconvert {
namespace {

/// Returns the picture that the network's one input is.
PictureTarget TargetOf(const Graph& network) {
  const std::vector<SampleInput> inputs = SampleInputs(network);
  const bool one = inputs.size() == 1 && inputs[0].type == ElementType::kFloat32;
  if (const auto target = one ? FindPictureTarget(inputs[0].shape) : std::nullopt) return *target;
  Fail(ErrorKind::kUsage, "--flip and --padded-crop change pictures, and the model's input '" +
                              inputs.at(0).name + "' of shape " + ToText(inputs[0].shape) +
                              " is none, or not the only one; drop them");
}

void RequireCropFits(int padded_crop, const PictureTarget& target) {
  if (padded_crop < std::min(target.height, target.width)) return;
  Fail(ErrorKind::kUsage, "--padded-crop " + std::to_string(padded_crop) +
                              " can cut a picture away; the input is " +
                              std::to_string(target.height) + "x" + std::to_string(target.width));
}

}  // namespace

AugmentedPictures::AugmentedPictures(const TuneOptions& options, const Graph& network)
    : augmentation_{options.flip, options.padded_crop}, seed_(SeedOf(options.seed, "pictures")) {
  if (!any()) return;
  target_ = TargetOf(network);
  RequireCropFits(options.padded_crop, target_);
  black_.resize(static_cast<size_t>(target_.channels));
  if (options.padded_crop > 0) {
    black_ = BlackOf(PreprocessingOf(options.convert.data), target_);
  }
}

void AugmentedPictures::Change(size_t sample, uint64_t epoch, std::span<std::byte> values) const {
  const uint64_t seed = SeedOf(seed_, std::to_string(epoch) + " " + std::to_string(sample));
  Augment(augmentation_, target_, black_, seed,
          {reinterpret_cast<float*>(values.data()), values.size() / sizeof(float)});
}

EpochSamples::EpochSamples(const ChosenSamples& samples, const std::vector<LossTensor>& losses,
                           const AugmentedPictures& augmented, FloatNetwork& teacher,
                           ThreadPool& threads, bool quiet)
    : read_(samples.reader()),
      augmented_(augmented),
      teacher_(teacher),
      threads_(threads),
      quiet_(quiet) {
  set_.count = samples.places.size();
  set_.read = [this](size_t sample) { return Read(sample); };
  set_.losses = losses;
  set_.labels = samples.labels;
  FollowTeacher(teacher, threads, quiet, set_);
}

void EpochSamples::Begin(uint64_t epoch) {
  if (!augmented_.any() || epoch_ == epoch) return;
  epoch_ = epoch;
  FollowTeacher(teacher_, threads_, quiet_, set_);
}

std::vector<std::vector<std::byte>> EpochSamples::Read(size_t sample) const {
  auto values = read_(sample);
  if (epoch_) augmented_.Change(sample, *epoch_, values.at(0));
  return values;
}

}  // namespace qconvert
