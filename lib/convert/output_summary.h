// What a comparison found of one output or layer -> what callers are told of it. Comes after
// evaluation/comparison.h; qconvert and qeval share it.
#pragma once

#include "lib/convert/find_cure.h"
#include "lib/evaluation/comparison.h"
#include "lib/qconvert.h"

namespace qconvert {

/// Returns the figures of one output.
OutputSummary SummaryOf(const OutputComparison& output);

/// Returns the shares of samples that a network classifies right.
AccuracySummary SummaryOf(const Accuracy& accuracy, size_t samples);

/// Returns the figures of one layer.
LayerSummary SummaryOf(const LayerComparison& layer);

/// Returns a histogram whose range has these ends.
HistogramSummary SummaryOf(const PairedHistogram& histogram, double min, double max);

/// Returns how near a file is, in short.
NearnessSummary NearnessOf(const Comparison& comparison);

/// Returns what the restoration of one node gave.
///   check  of the file without it, its layers too
DamageSummary SummaryOf(const Restoration& layer, const Comparison& check);

CureSummary SummaryOf(const Cure& cure);

}  // namespace qconvert
