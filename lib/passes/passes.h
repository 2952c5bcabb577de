// Every pass, by the name it has in pipeline.cc. Each stands in a file of its own, which opens with
// a drawing of what it does.
#pragma once

#include "lib/graph/graph.h"

namespace qconvert {

void AddBias(Graph& graph);
void DropDead(Graph& graph);
void DropIdentities(Graph& graph);
void FoldAffine(Graph& graph);
void FoldBatchNorm(Graph& graph);
void FoldConstants(Graph& graph);
void FoldPad(Graph& graph);
void FuseActivations(Graph& graph);
void RestoreNames(Graph& graph);
void SimplifyClamps(Graph& graph);

}  // namespace qconvert
