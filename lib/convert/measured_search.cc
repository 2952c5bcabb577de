#include "lib/convert/measured_search.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "lib/base/interrupt.h"
#include "lib/base/output_file.h"
#include "lib/convert/validate_options.h"
#include "lib/evaluation/timing.h"
#include "lib/passes/pipeline.h"
#include "lib/search/local_noise.h"
#include "lib/tflite/reader.h"

namespace qconvert {
namespace {

constexpr double kMostNoise = 1e9;  // of a file whose outputs are lost
constexpr int kTimedRuns = 20;

double NoiseOf(const Comparison& comparison) {
  const double noise = std::pow(10, -comparison.worst_sqnr_db() / 10);
  return std::isnan(noise) ? kMostNoise : std::min(noise, kMostNoise);
}

/// Returns by how much of its limit a gate's figure misses it; 0: it does not.
double MissOf(const GateKind& kind, double limit, const Comparison& comparison) {
  const double value = FigureAlone(kind, comparison);
  const double beyond = kind.at_most() ? value - limit : limit - value;
  if (std::isnan(beyond)) return 1;
  return beyond <= 0 ? 0 : beyond / std::max(1.0, std::abs(limit));
}

/// Returns the same of the limit that is missed most.
double MostMissed(const GateLimits& limits, const Comparison& comparison) {
  double most = comparison.degenerate() ? 1 : 0;
  for (const GateKind& kind : GateKinds()) {
    const std::optional<double>& limit = limits.*kind.limit;
    if (limit) most = std::max(most, MissOf(kind, *limit, comparison));
  }
  return most;
}

/// Returns the median time of each node of a file, by its name.
std::map<std::string, double> TimesOf(const MadeFile& made, ThreadPool& threads) {
  Graph graph = ReadTflite(*made.bytes, made.bytes);
  RunPasses(kLoadPasses, graph);
  const CompiledGraph compiled(std::move(graph), {KernelSet::kFast, threads.threads()});
  std::map<std::string, double> times;
  for (const StepTime& step :
       TimeRuns(compiled, {.batch = 1, .runs = kTimedRuns, .steps = true}, threads).steps) {
    times[step.node->name] += step.median_us;
  }
  return times;
}

}  // namespace

MeasuredSearch::MeasuredSearch(const SearchedNetwork& searched, SearchState state, size_t budget,
                               ThreadPool& threads)
    : searched_(searched),
      state_(std::move(state)),
      budget_(budget),
      threads_(threads),
      progress_("searching", budget, searched.given.quiet) {
  TakeCosts();
}

void MeasuredSearch::TakeCosts() {
  if (minimizes_latency()) {
    if (state_.microseconds.size() != groups()) state_.microseconds = TimeGroups();
    costs_ = state_.microseconds;
    Save();
    return;
  }
  for (const LayerGroup& group : searched_.groups) {
    costs_.emplace_back();
    for (const PrecisionChoice* choice : searched_.choices) {
      costs_.back().push_back(BytesOf(group, *choice));
    }
  }
}

std::vector<std::vector<double>> MeasuredSearch::TimeGroups() {
  std::vector<std::vector<double>> table(groups(), std::vector<double>(choices(), 0));
  for (size_t c = 0; c < choices(); ++c) {
    const ConvertOptions options =
        Validated(OptionsOf(Assignment(groups(), static_cast<uint16_t>(c))));
    const auto times = TimesOf(
        MakeFile(searched_.network, searched_.observed, searched_.samples, options, threads_),
        threads_);
    for (size_t g = 0; g < groups(); ++g) {
      for (const std::string& node : searched_.groups[g].nodes) {
        const auto found = times.find(node);
        if (found != times.end()) table[g][c] += found->second;
      }
    }
  }
  return table;
}

ConvertOptions MeasuredSearch::OptionsOf(const Assignment& assignment) const {
  ConvertOptions options = searched_.given;
  options.rows = RowsOf(searched_.groups, searched_.choices, assignment,
                        /*own_rounding=*/!options.rounding);
  return options;
}

std::optional<SearchPoint> MeasuredSearch::Measure(const Assignment& assignment) {
  if (asked_.count(assignment) == 0) {
    if (left() == 0) return std::nullopt;
    ThrowIfInterrupted();
    if (state_.points.count(assignment) == 0) {
      state_.points[assignment] = Make(assignment);
      Save();
    }
    asked_.insert(assignment);
    progress_.Advance();
  }
  return state_.points.at(assignment);
}

std::optional<SearchPoint> MeasuredSearch::Make(const Assignment& assignment) try {
  ConvertOptions options = Validated(OptionsOf(assignment));
  options.quiet = true;  // one bar shows the whole search
  const MadeFile made =
      MakeFile(searched_.network, searched_.observed, searched_.samples, options, threads_);
  const SearchPoint point = PointOf(assignment, made);
  const SearchPoint* before = best();
  if (point.meets && (before == nullptr || point.cost < before->cost)) best_bytes_ = made.bytes;
  return point;
} catch (const Error& error) {
  if (error.kind() != ErrorKind::kUnsupported && error.kind() != ErrorKind::kUnusable) throw;
  return std::nullopt;
}

SearchPoint MeasuredSearch::PointOf(const Assignment& assignment, const MadeFile& made) const {
  const Comparison& comparison = made.comparison.value();
  SearchPoint point{assignment};
  point.cost =
      minimizes_latency() ? microseconds(assignment) : static_cast<double>(made.bytes->size());
  point.noise = NoiseOf(comparison);
  point.miss = MostMissed(LimitsOf(searched_.given), comparison);
  point.meets = point.miss == 0;
  const auto added = AddedNoise(searched_.network.structure(), comparison);
  for (const LayerGroup& group : searched_.groups) {
    double most = 0;
    for (const std::string& node : group.nodes) {
      const auto found = added.find(node);
      if (found != added.end() && std::isfinite(found->second))
        most = std::max(most, found->second);
    }
    point.added_noise.push_back(std::min(most, kMostNoise));
  }
  return point;
}

void MeasuredSearch::Save() const {
  if (!searched_.given.state.empty()) WriteFile(searched_.given.state, ToJson(state_));
}

const SearchPoint* MeasuredSearch::best() const {
  const SearchPoint* best = nullptr;
  for (const Assignment& assignment : asked_) {
    const auto& point = state_.points.at(assignment);
    if (!point || !point->meets) continue;
    if (best == nullptr ||
        std::pair(point->cost, point->noise) < std::pair(best->cost, best->noise)) {
      best = &*point;
    }
  }
  return best;
}

std::vector<SearchPoint> MeasuredSearch::points() const {
  std::vector<SearchPoint> points;
  for (const Assignment& assignment : asked_) {
    if (const auto& point = state_.points.at(assignment)) points.push_back(*point);
  }
  return points;
}

double MeasuredSearch::microseconds(const Assignment& assignment) const {
  if (state_.microseconds.empty()) return 0;
  double sum = 0;
  for (size_t g = 0; g < assignment.size(); ++g) sum += state_.microseconds[g][assignment[g]];
  return sum;
}

}  // namespace qconvert
