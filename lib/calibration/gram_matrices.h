// How the inputs of one layer vary together: sums of products of the patches that its weights
// multiply. quantization/prefix_evidence.h adds them up sample by sample; rounding methods that let
// one weight's error make up for another's read them.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "lib/base/parallel_for.h"
#include "lib/calibration/layer_patches.h"

namespace qconvert {

/// Sums over the patches of one group of channels, for R consecutive values of a patch. x is what
/// the layer under construction will read, r the float network's patch at the same place.
struct GramBlock {
  size_t group = 0;
  size_t first = 0;                   ///< of the patch's values
  size_t rows = 0;                    ///< R
  std::vector<double> own = {};       ///< [R, R], H = sum x x^T, real units squared
  std::vector<double> cross = {};     ///< [R, R], G = sum x r^T
  std::vector<double> own_sum = {};   ///< [R], sum x
  std::vector<double> real_sum = {};  ///< [R], sum r
};

/// The blocks of one layer: one for each group, or several where one would take too much memory.
/// Products of values in different blocks then count as 0.
struct GramMatrices {
  size_t patch = 0;  ///< values of a patch, in the order of LayerPatches
  size_t count = 0;  ///< patches that were added
  std::vector<GramBlock> blocks = {};
};

/// Bytes that a method holds for each element of a matrix: H, G, a working copy and its factor.
inline constexpr size_t kGramElementBytes = 4 * sizeof(double);

/// Returns matrices of 0.
///   most_bytes  of the matrices of the layer, with kGramElementBytes for each element
GramMatrices ZeroGram(const LayerPatches& layer, size_t most_bytes);

/// Adds the patches of one sample, at most some hundreds of positions spread evenly. A sum of one
/// sample is in float, sums of samples are in double; the same bits for any number of threads.
///   own, real  the layer's input as the quantized and as the float network gives it
void AddSample(const LayerPatches& layer, std::span<const float> own, std::span<const float> real,
               ThreadPool& threads, GramMatrices& gram);

}  // namespace qconvert
