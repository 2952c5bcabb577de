#include "test/convert/tuning_fixture.h"

#include <catch2/catch.hpp>

#include "test/samples/array_files.h"
#include "test/support/errors.h"
#include "test/support/random.h"

namespace qconvert {

TuningFixture::TuningFixture(const std::string& model) {
  Write("m.onnx", model);
  Write("x.npy", Npy("<f4", "(60, 1, 8, 8)", Raw(RandomFloats(kTuningSamples * 8 * 8, 3, -2, 2))));
  WriteLabels([](size_t i) { return i % 3; });
  options.convert.model = Path("m.onnx");
  options.convert.output = Path("m.tflite");
  options.convert.data.paths = {Path("x.npy")};
  options.convert.quiet = true;
  options.convert.threads = 1;
  options.batch = 9;
  options.epochs = 2;
}

Error TuningFixture::Refused() const {
  return ErrorOf([&] { Tune(options); });
}

void TuningFixture::RequireSurvivesKill(uint64_t step, int threads,
                                        const std::vector<std::string>& files) {
  options.state = Path("run.qtune");
  Tune(options);
  std::vector<std::string> whole;
  for (const std::string& file : files) whole.push_back(Read(file));
  const std::string state = Read("run.qtune");
  struct Killed {};
  options.report = [step](const TuneProgress& progress) {
    if (progress.step == step) throw Killed{};
  };
  CHECK_THROWS_AS(Tune(options), Killed);
  CHECK(Read("run.qtune") != state);
  options.report = nullptr;
  options.resume = true;
  options.convert.threads = threads;
  Tune(options);
  for (size_t i = 0; i < files.size(); ++i) CHECK(Read(files[i]) == whole[i]);
}

}  // namespace qconvert
