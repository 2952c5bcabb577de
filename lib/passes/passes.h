// Every pass, by the name it has in pipeline.cc. Each stands in a file of its own, which opens with
// a drawing of what it does.
#pragma once

#include "lib/graph/graph.h"

namespace qconvert {

void AbsorbTransposes(Graph& graph);
void AddBias(Graph& graph);
void BoundMasks(Graph& graph);
void CancelTransposes(Graph& graph);
void ComputeWeights(Graph& graph);
void CountIndices(Graph& graph);
void DropDead(Graph& graph);
void DropIdentities(Graph& graph);
void DropNanChecks(Graph& graph);
void ExpandPadding(Graph& graph);
void FindMaskedRows(Graph& graph);
void FoldAffine(Graph& graph);
void FoldBatchNorm(Graph& graph);
void FoldConstants(Graph& graph);
void FoldPad(Graph& graph);
void FoldScale(Graph& graph);
void FreeBatch(Graph& graph);
void FuseActivations(Graph& graph);
void LiftQuantization(Graph& graph);
void LowerAveragePool(Graph& graph);
void LowerClip(Graph& graph);
void LowerDivision(Graph& graph);
void LowerHardSigmoid(Graph& graph);
void LowerNegation(Graph& graph);
void LowerQuantization(Graph& graph);
void MergeMovements(Graph& graph);
void RecogniseGelu(Graph& graph);
void RecogniseHardSwish(Graph& graph);
void RecognisePixelShuffle(Graph& graph);
void RecogniseSigmoid(Graph& graph);
void RestoreNames(Graph& graph);
void SimplifyClamps(Graph& graph);
void SplitGroups(Graph& graph);
void SqueezeReductions(Graph& graph);

}  // namespace qconvert
