#include "lib/calibration/synthetic_inputs.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "lib/runner/port.h"

namespace qconvert {
namespace {

constexpr float kGreyShare = 0.8F;  // correlation of a colour with the grey of its place
constexpr float kOwnShare = 0.6F;   // what makes the variance 1

/// Normal values of mean 0 and variance 1, the same in every standard library.
class NormalNoise {
 public:
  explicit NormalNoise(size_t seed) : random_(static_cast<uint32_t>(seed)) {}

  float Next() {
    float sum = -6;  // twelve uniform values are all but normal
    for (int n = 0; n < 12; ++n) sum += static_cast<float>(random_() >> 8) * 0x1p-24F;
    return sum;
  }

 private:
  std::mt19937 random_;
};

/// Adds blocks of size x size pixels of one colour to a picture [C, H, W].
void AddOctave(const Shape& shape, int64_t size, NormalNoise& noise, float* picture) {
  const int64_t channels = shape[1], height = shape[2], width = shape[3];
  for (int64_t top = 0; top < height; top += size) {
    for (int64_t left = 0; left < width; left += size) {
      const float grey = noise.Next();
      for (int64_t c = 0; c < channels; ++c) {
        const float colour = kGreyShare * grey + kOwnShare * noise.Next();
        for (int64_t y = top; y < std::min(top + size, height); ++y) {
          float* row = picture + (c * height + y) * width;
          for (int64_t x = left; x < std::min(left + size, width); ++x) row[x] += colour;
        }
      }
    }
  }
}

/// Returns pictures of a shape [N, C, H, W].
std::vector<float> Pictures(const Shape& shape, NormalNoise& noise) {
  std::vector<float> values(static_cast<size_t>(NumElements(shape)));
  int octaves = 0;
  for (int64_t size = 1; size <= std::max(shape[2], shape[3]); size *= 2, ++octaves) {
    for (int64_t n = 0; n < shape[0]; ++n) {
      AddOctave(shape, size, noise, values.data() + n * shape[1] * shape[2] * shape[3]);
    }
  }
  for (float& value : values) value /= std::sqrt(static_cast<float>(octaves));
  return values;
}

std::vector<float> Noise(const Shape& shape, NormalNoise& noise) {
  std::vector<float> values(static_cast<size_t>(NumElements(shape)));
  for (float& value : values) value = noise.Next();
  return values;
}

}  // namespace

void FeedSynthetic(const Graph& graph, size_t i, Session& session) {
  NormalNoise noise(i);
  const std::vector<Port> ports = InputPorts(graph);
  for (size_t k = 0; k < ports.size(); ++k) {
    if (graph.tensor(ports[k].id).is_float()) {
      const Shape& shape = ports[k].shape;
      const auto values = shape.size() == 4 ? Pictures(shape, noise) : Noise(shape, noise);
      WriteInput(graph, ports[k], std::as_bytes(std::span(values)), session.Input(k));
    } else {
      std::memset(session.Input(k).data(), 0, session.Input(k).size());
    }
  }
}

}  // namespace qconvert
