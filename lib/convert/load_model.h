// A model file of either format -> a graph that runs. Used by Convert and Evaluate.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/graph/graph.h"
#include "lib/network/load_onnx.h"
#include "lib/qconvert.h"
#include "lib/samples/preprocessing.h"
#include "lib/samples/sample_set.h"

namespace qconvert {

/// Reads a .tflite file and makes it ready for our runner.
Graph LoadTflite(const std::string& path);

/// Loads either, by its first bytes; inputs and outputs of an ONNX model keep its layout.
Graph LoadAny(const std::string& path, const ImportOptions& import);

/// Returns the bytes of a model with its weights, wherever they lie.
///   graph  that was read from it
size_t ModelBytes(const std::string& path, const Graph& graph);

/// Returns a number of what a model's files hold, those of its weights too.
uint64_t ModelHash(const std::string& path);

/// Returns whether the bytes of a file say that it is TFLite.
bool IsTflite(const std::string& path);

/// Returns what samples of a graph's inputs look like, in the ONNX layout.
std::vector<SampleInput> SampleInputs(const Graph& graph);

/// Returns where samples come from: what was given, else the folder of a model that has ONNX test
/// vectors beside it; nothing when there are none.
std::vector<std::string> DataPaths(const DataOptions& data, const std::string& model);

/// Returns the preprocessing that the flags ask for.
Preprocessing PreprocessingOf(const DataOptions& data);

/// Adds a warning of pictures of formats that are not read, where there are some.
void AddOtherPictures(const std::vector<std::string>& paths, std::vector<std::string>& warnings);

}  // namespace qconvert
