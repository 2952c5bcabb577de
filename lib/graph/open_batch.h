// Which inputs of a model leave open how many samples they take: a note in the metadata, from the
// importer (onnx/) to the passes and the writer of files (tflite/).
#pragma once

#include <string>

#include "lib/graph/graph.h"

namespace qconvert {

/// Notes that the batch of the input with this name in the signature is open, as metadata
/// "batch.NAME".
void NoteOpenBatch(Graph& graph, const std::string& name);

/// Returns whether the batch of an input is noted as open.
bool IsBatchOpen(const Graph& graph, const std::string& name);

/// Returns whether that of any input is.
bool HasOpenBatch(const Graph& graph);

/// Takes all such notes away.
void CloseBatches(Graph& graph);

}  // namespace qconvert
