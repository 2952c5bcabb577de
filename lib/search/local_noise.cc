#include "lib/search/local_noise.h"

#include <algorithm>
#include <cmath>

namespace qconvert {
namespace {

std::map<std::string, double> NoiseOfNodes(const Comparison& check) {
  std::map<std::string, double> noise;
  for (const LayerComparison& layer : check.layers) {
    double& ratio = noise[layer.node];
    ratio = std::max(ratio, std::pow(10, -layer.errors().sqnr_db() / 10));
  }
  return noise;
}

}  // namespace

std::map<std::string, double> AddedNoise(const Graph& network, const Comparison& check) {
  const std::map<std::string, double> results = NoiseOfNodes(check);
  std::map<TensorId, double> noise;  // nodes whose result was not compared hand on what they read
  std::map<std::string, double> added;
  for (const Node& node : network.nodes()) {
    double read = 0;
    for (TensorId id : node.inputs()) {
      if (const auto found = noise.find(id); found != noise.end()) {
        read = std::max(read, found->second);
      }
    }
    const auto own = results.find(node.name);
    if (own != results.end()) added[node.name] = own->second - read;
    for (TensorId id : node.outputs()) noise[id] = own == results.end() ? read : own->second;
  }
  return added;
}

}  // namespace qconvert
