// What a comparison found of one output or layer -> what callers are told of it. Comes after
// evaluation/comparison.h; qconvert and qeval share it.
#pragma once

#include "lib/evaluation/comparison.h"
#include "lib/qconvert.h"

namespace qconvert {

/// Returns the figures of one output.
OutputSummary SummaryOf(const OutputComparison& output);

/// Returns the shares of samples that a network classifies right.
AccuracySummary SummaryOf(const Accuracy& accuracy, size_t samples);

/// Returns the figures of one layer.
LayerSummary SummaryOf(const LayerComparison& layer);

}  // namespace qconvert
