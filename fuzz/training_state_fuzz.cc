// The bytes of a training's state, whose checksum is mended -> a state, which is written again.
#include <algorithm>
#include <string>
#include <vector>

#include "fuzz/survive.h"

#include "lib/base/byte_stream.h"
#include "lib/math/drawn_number.h"
#include "lib/tuning/training_state.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace qconvert;
  return Survive([&] {
    ByteWriter writer;
    writer.Bytes(Bytes(data, size));
    writer.Unsigned(SeedOf(0, {reinterpret_cast<const char*>(data), size}));
    const std::vector<std::string> run = {"seed: 0"};
    TrainingState fresh;
    fresh.parameters = {1, 2, 3};
    fresh.moments = {1, 2, 3, 4, 5, 6};
    const TrainingState state = ReadState(writer.Take(), run, fresh);
    ReadState(StateBytes(state, run), run, fresh);
  });
}
