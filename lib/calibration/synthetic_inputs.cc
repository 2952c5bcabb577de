#include "lib/calibration/synthetic_inputs.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "lib/passes/scores.h"
#include "lib/runner/port.h"

namespace qconvert {
namespace {

// Of the photographs of ImageNet, over all three colours.
constexpr float kPixelMean = 0.449F, kPixelDeviation = 0.226F;
constexpr float kGreyShare = 0.8F;  // correlation of a colour with the grey of its place
constexpr float kOwnShare = 0.6F;   // what makes the variance 1

/// Normal values of mean 0 and variance 1, the same in every standard library.
class NormalNoise {
 public:
  explicit NormalNoise(size_t seed) : random_(static_cast<uint32_t>(seed)) {}

  float Next() {
    float sum = -6;  // twelve uniform values are all but normal
    for (int n = 0; n < 12; ++n) sum += Fraction();
    return sum;
  }

  /// Returns a value in [0, 1), all alike.
  float Fraction() { return static_cast<float>(random_() >> 8) * 0x1p-24F; }

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

/// Returns the entry of a channel; of a list with one entry, that.
float Entry(const std::vector<float>& list, size_t channel, float otherwise) {
  return list.empty() ? otherwise : list[channel % list.size()];
}

/// Returns pixels in [0, 1] of pictures [N, C, H, W].
std::vector<float> Pixels(const Shape& shape, NormalNoise& noise) {
  std::vector<float> values(static_cast<size_t>(NumElements(shape)));
  int octaves = 0;
  for (int64_t size = 1; size <= std::max(shape[2], shape[3]); size *= 2, ++octaves) {
    for (int64_t n = 0; n < shape[0]; ++n) {
      AddOctave(shape, size, noise, values.data() + n * shape[1] * shape[2] * shape[3]);
    }
  }
  const float deviation = kPixelDeviation / std::sqrt(static_cast<float>(std::max(octaves, 1)));
  for (float& value : values) value = std::clamp(kPixelMean + deviation * value, 0.0F, 1.0F);
  return values;
}

/// Returns pictures of a shape [N, C, H, W] as a network reads them.
std::vector<float> Pictures(const Shape& shape, const Preprocessing& preprocessing,
                            NormalNoise& noise) {
  std::vector<float> values = Pixels(shape, noise);
  const auto plane = static_cast<size_t>(shape[2] * shape[3]);
  const auto channels = static_cast<size_t>(shape[1]);
  for (size_t i = 0; i < values.size(); ++i) {
    const size_t channel = i / plane % channels;
    values[i] = (values[i] * preprocessing.pixel_range - Entry(preprocessing.mean, channel, 0)) /
                Entry(preprocessing.std, channel, 1);
  }
  return values;
}

std::vector<float> Noise(const Shape& shape, NormalNoise& noise) {
  std::vector<float> values(static_cast<size_t>(NumElements(shape)));
  for (float& value : values) value = noise.Next();
  return values;
}

/// Returns rows of 1 with less than half of 0 behind them in every second sample.
std::vector<float> Mask(const Shape& shape, size_t sample, NormalNoise& noise) {
  std::vector<float> values(static_cast<size_t>(NumElements(shape)), 1);
  if (sample % 2 == 0 || shape.empty()) return values;
  const auto row = static_cast<size_t>(shape.back());
  const auto zeros = static_cast<size_t>(noise.Fraction() * static_cast<float>(row) / 2);
  for (size_t i = 0; i < values.size(); ++i) values[i] = i % row < row - zeros ? 1 : 0;
  return values;
}

/// Returns how many places the Gathers have that a tensor is an index of, through casts and moves;
/// the fewest of several, 0 when there is none.
int64_t PlacesOf(const Graph& graph, TensorId id) {
  int64_t places = 0;
  const auto take = [&](int64_t other) {
    if (other > 0) places = places == 0 ? other : std::min(places, other);
  };
  for (const Node* node : graph.Consumers(id)) {
    const Gather* gather = node->As<Gather>();
    if (gather != nullptr && node->input(1) == id) {
      const Shape& shape = graph.tensor(node->input(0)).shape;
      take(shape.at(static_cast<size_t>(gather->axis)));
    } else if (node->Is<Cast>() || Selects(*node, 0)) {
      take(PlacesOf(graph, node->output()));
    }
  }
  return places;
}

std::vector<float> Indices(const Shape& shape, int64_t places, NormalNoise& noise) {
  std::vector<float> values(static_cast<size_t>(NumElements(shape)));
  for (float& value : values) value = std::floor(noise.Fraction() * static_cast<float>(places));
  return values;
}

/// Fills an input that is no float with whole numbers.
template <typename T>
void Store(const Graph& graph, const Port& port, const std::vector<float>& numbers,
           std::span<std::byte> to) {
  std::vector<T> values(numbers.size());
  std::transform(numbers.begin(), numbers.end(), values.begin(),
                 [](float number) { return static_cast<T>(number); });
  WriteInput(graph, port, std::as_bytes(std::span(values)), to);
}

void StoreAs(ElementType type, const Graph& graph, const Port& port,
             const std::vector<float>& numbers, std::span<std::byte> to) {
  switch (ElementBytes(type)) {
    case 1:
      return Store<uint8_t>(graph, port, numbers, to);
    case 2:
      return Store<int16_t>(graph, port, numbers, to);
    case 4:
      return Store<int32_t>(graph, port, numbers, to);
    default:
      return Store<int64_t>(graph, port, numbers, to);
  }
}

/// Makes the values of one input.
class InputMaker {
 public:
  InputMaker(const Graph& graph, size_t sample, const Preprocessing& preprocessing)
      : graph_(graph),
        sample_(sample),
        preprocessing_(preprocessing),
        scores_(FindScores(graph)),
        noise_(sample) {}

  void Fill(const Port& port, std::span<std::byte> to) {
    const Tensor& tensor = graph_.tensor(port.id);
    if (tensor.is_float()) {
      const std::vector<float> values = Reals(port);
      WriteInput(graph_, port, std::as_bytes(std::span(values)), to);
    } else if (HoldsReals(tensor)) {
      std::memset(to.data(), 0, to.size());
    } else {
      StoreAs(tensor.type, graph_, port, Numbers(port, tensor), to);
    }
  }

 private:
  /// Returns whether a tensor holds reals of another type than float32.
  static bool HoldsReals(const Tensor& tensor) {
    return tensor.quant || tensor.type == ElementType::kFloat16 ||
           tensor.type == ElementType::kFloat64;
  }

  std::vector<float> Reals(const Port& port) {
    const bool masks = scores_[static_cast<size_t>(port.id)] && graph_.inputs.size() > 1;
    if (masks) return Mask(port.shape, sample_, noise_);
    if (port.shape.size() == 4) return Pictures(port.shape, preprocessing_, noise_);
    return Noise(port.shape, noise_);
  }

  std::vector<float> Numbers(const Port& port, const Tensor& tensor) {
    const int64_t places = PlacesOf(graph_, port.id);
    if (places > 0) return Indices(port.shape, places, noise_);
    const bool bytes = tensor.type == ElementType::kUInt8 && port.shape.size() == 4;
    if (!bytes) return Mask(port.shape, sample_, noise_);
    std::vector<float> pixels = Pixels(port.shape, noise_);
    for (float& pixel : pixels) pixel = std::round(pixel * 255);
    return pixels;
  }

  const Graph& graph_;
  const size_t sample_;
  const Preprocessing& preprocessing_;
  const std::vector<bool> scores_;
  NormalNoise noise_;
};

}  // namespace

Preprocessing UsualPreprocessing() { return {.mean = {kPixelMean}, .std = {kPixelDeviation}}; }

void FeedSynthetic(const Graph& graph, size_t i, Session& session,
                   const Preprocessing& preprocessing) {
  InputMaker maker(graph, i, preprocessing);
  const std::vector<Port> ports = InputPorts(graph);
  for (size_t k = 0; k < ports.size(); ++k) maker.Fill(ports[k], session.Input(k));
}

}  // namespace qconvert
