// Summaries as documents and as lines of text.
#pragma once

#include <string>
#include <vector>

#include "lib/api/benchmark.h"
#include "lib/api/convert.h"
#include "lib/api/evaluate.h"
#include "lib/api/tune.h"

#pragma GCC visibility push(default)

namespace qconvert {

/// The version of the JSON documents below, their first key "version". It changes when a key
/// changes its meaning or goes; new keys do not change it.
inline constexpr int kJsonVersion = 1;

/// Returns a summary as a JSON document.
std::string ToJson(const ConvertSummary& summary);
std::string ToJson(const EvaluateSummary& summary);
std::string ToJson(const BenchmarkSummary& summary);
std::string ToJson(const TuneSummary& summary);
/// Returns a progress as one line of JSON.
std::string ToJsonLine(const TuneProgress& progress);
/// Return a conversion, a verdict, a profile and a training as one HTML page each, with charts,
/// which needs nothing else.
std::string ToHtml(const ConvertSummary& summary);
std::string ToHtml(const EvaluateSummary& summary);
std::string ToHtml(const BenchmarkSummary& summary);
std::string ToHtml(const TuneSummary& summary);
/// Returns the gates as a JUnit XML document, one test case each; figures are properties.
std::string ToJUnit(const EvaluateSummary& summary);
/// Returns a verdict with its figures as Markdown, for a pull request.
std::string ToMarkdown(const EvaluateSummary& summary);

/// Returns "15.3 dB", "exact", or "only noise".
std::string Decibels(double sqnr_db);
/// Returns "SQNR 31.2 dB, correlation 0.99870, largest error 0.12"; of whole numbers, "98.5 % of
/// the values the same".
std::string FiguresText(const OutputSummary& output);
/// Returns a verdict's figures: "SQNR (dB) 31.2, 95 % interval 30.4 to 31.9 (limit 30)".
std::string ToText(const GateResult& gate);
/// Returns what an undecided gate needs: "about 900 samples like these would decide".
std::string WhatDecides(const GateResult& gate);
/// Returns a machine's peaks: "473 GOP/s int8 (vpdpbusd, 512 bits), 118 GOP/s float32".
std::string PeaksText(const PeakSummary& peaks);
/// Returns how fast it reads: "L1 (32 KiB) 230 GB/s, L2 (1024 KiB) 110 GB/s, memory 20 GB/s".
std::string LevelsText(const PeakSummary& peaks);
/// Returns what a step loses: "12.3 % of the time: 60.0 us, roof 25.1 us (int8)".
std::string LossText(const StepSummary& step);
/// Returns what was tried and what it won: "12 files compared on 21 samples, 9 treatments tried,
/// Returns what reconstruction did, on one line: "on 256 samples: 16 of 17 blocks nearer, ...".
std::string ToText(const ReconstructionSummary& reconstruction);

/// 23.1 dB before; kept --equalize (+3.2 dB)".
std::string ToText(const TreatmentSummary& treatment);
std::string ToText(const CodebookSummary& codebooks);
/// Returns what the accumulators of a file take; empty where no fewer than 32 bits were asked for.
std::string AccumulatorsText(const ConvertSummary& summary);
/// Returns what was searched, on one line, and one file that was measured.
std::string ToText(const SearchSummary& search);
std::string ToText(const SearchPointSummary& point);
/// Returns what a target runs: "all 31 operators run on tflm"; else a line about those that do not,
/// and one for each reason, with a few nodes or all of them.
std::vector<std::string> ToLines(const TargetSummary& target, bool all_nodes);
/// Returns the damage of a node in words: "conv1 (Conv2D), alone in float: 24.0 dB, ...".
std::string ToText(const DamageSummary& damage);

/// Returns layers, those that do the most damage to the outputs first: those that the doctor tried
/// by what they do alone, then the others by the noise that they add, or have.
std::vector<LayerSummary> ByDamage(std::vector<LayerSummary> layers);

/// A line of a report: "most damage", and what it is.
struct TitledLine {
  std::string title, text;
};

/// Returns what the doctor found.
std::vector<TitledLine> ToLines(const DoctorSummary& doctor);
/// Returns what to do about a file that falls short: "--exclude '^conv1$' gives 31.2 dB, same top-1
/// on 99 of 100", or that nothing is known.
std::string NextStep(const ConvertSummary& summary);

/// Returns the table of operators: ONNX spellings, TFLite operators, integer or float (markdown).
std::string OperatorTable();

}  // namespace qconvert

#pragma GCC visibility pop
