// A search's problem on a real network: each question is answered by making the file, as a
// conversion by the recipe would, and comparing it with the float network. search_precision.h runs
// a strategy on it.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lib/base/progress.h"
#include "lib/base/shared_bytes.h"
#include "lib/convert/calibration_samples.h"
#include "lib/convert/make_file.h"
#include "lib/search/precision_choice.h"
#include "lib/search/search_state.h"

namespace qconvert {

/// What all files of a search share.
struct SearchedNetwork {
  FloatNetwork& network;
  NetworkObservation& observed;       ///< on `samples`
  const CalibrationSamples& samples;  ///< those that decide are held out
  const ConvertOptions& given;        ///< by the user, without rows
  const std::vector<LayerGroup>& groups;
  const std::vector<const PrecisionChoice*>& choices;
};

class MeasuredSearch : public SearchProblem {
 public:
  /// What is referred to must outlive it.
  ///   state   what is known, of the same run
  ///   budget  files, those that the state knows included
  MeasuredSearch(const SearchedNetwork& searched, SearchState state, size_t budget,
                 ThreadPool& threads);

  size_t groups() const override { return searched_.groups.size(); }
  size_t choices() const override { return searched_.choices.size(); }
  const GroupTraits& traits(size_t group) const override { return searched_.groups[group].traits; }
  double cost(size_t group, size_t choice) const override { return costs_[group][choice]; }
  size_t left() const override { return budget_ - asked_.size(); }
  std::optional<SearchPoint> Measure(const Assignment& assignment) override;

  /// Returns the options of the conversion that makes the file of an assignment.
  ConvertOptions OptionsOf(const Assignment& assignment) const;

  const SearchPoint* best() const override;
  /// Returns the bytes of the best point's file; null where an earlier run made it.
  SharedBytes best_bytes() const { return best_bytes_; }
  /// Returns what was asked for, in the order of assignments.
  std::vector<SearchPoint> points() const;
  size_t asked() const { return asked_.size(); }
  double microseconds(const Assignment& assignment) const;

 private:
  bool minimizes_latency() const { return searched_.given.minimize == "latency"; }
  void TakeCosts();
  std::vector<std::vector<double>> TimeGroups();
  std::optional<SearchPoint> Make(const Assignment& assignment);
  SearchPoint PointOf(const Assignment& assignment, const MadeFile& made) const;
  void Save() const;

  const SearchedNetwork searched_;
  SearchState state_;
  const size_t budget_;
  ThreadPool& threads_;
  Progress progress_;
  std::vector<std::vector<double>> costs_;  // [group][choice]
  std::set<Assignment> asked_;
  SharedBytes best_bytes_;
};

}  // namespace qconvert
