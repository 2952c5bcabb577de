#include "lib/convert/diagnose_layers.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "lib/base/interrupt.h"
#include "lib/convert/other_options.h"
#include "lib/evaluation/trace.h"
#include "lib/quantization/node_pattern.h"
#include "lib/search/layer_isolation.h"
#include "lib/search/local_noise.h"

namespace qconvert {
namespace {

constexpr size_t kTriedSamples = 16;
constexpr size_t kTriedLayers = 64;
constexpr double kWorthwhileDb = 0.5;  // of a layer that is to stay in float

/// A gain between two figures, either of which may be infinite.
double GainOf(double after_db, double before_db) {
  return after_db == before_db ? 0 : after_db - before_db;
}

class Doctor {
 public:
  Doctor(const DiagnosisQuestion& question, ThreadPool& threads)
      : question_(question),
        threads_(threads),
        isolation_(question.reference_graph, question.candidate_graph),
        trace_(question.reference_graph, question.samples, kTriedSamples) {
    for (const size_t i : trace_.samples()) {
      values_[i] = question.read(i);
      if (question.labels != nullptr) labels_.push_back(question.labels->at(i));
    }
    Progress silent("", 0, true);
    TraceSamples(question.reference, read_, threads_, silent, trace_);
    check_ = ComparisonOf(question.candidate);
  }

  LayerDiagnosis Find() {
    found_.samples = trace_.samples().size();
    const std::vector<const Node*> nodes = MostSuspicious();
    Progress progress("trying layers", 2 * nodes.size(), question_.quiet);
    for (const Node* node : nodes) {
      Isolate(node->name);
      progress.Advance();
      Restore({node->name});
      progress.Advance();
      Note(node->name);
    }
    if (found_.layers.empty()) found_.why_not = "no layer of both networks can be exchanged";
    NameTheLayer();
    TryTheCure();
    return std::move(found_);
  }

 private:
  Comparison ComparisonOf(const RunnableModel& model) {
    ThrowIfInterrupted();
    Progress silent("", 0, true);
    return CompareWithTrace(trace_, model, read_, threads_, silent,
                            labels_.empty() ? nullptr : &labels_);
  }

  /// Returns the comparison of a mixed network; nothing when there is none.
  template <typename Make>
  std::optional<Comparison> Trial(const Make& make) try {
    ++found_.trials;
    return ComparisonOf(RunnableModel(make(), question_.kernels));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUnsupported && error.kind() != ErrorKind::kUnusable) throw;
    return std::nullopt;
  }

  void Isolate(const std::string& node) {
    const auto alone = Trial([&] { return isolation_.Alone({node}); });
    if (alone) alone_db_[node] = alone->worst_nearness_db();
  }

  /// Returns how the candidate compares with some nodes in float; as it is where that cannot be.
  const Comparison& Restore(const std::vector<std::string>& nodes) {
    const auto [found, is_new] = restored_.try_emplace(nodes);
    if (is_new) found->second = Trial([&] { return isolation_.Restored(nodes); });
    return found->second ? *found->second : check_;
  }

  void Note(const std::string& node) {
    const auto alone = alone_db_.find(node);
    const auto& restored = restored_.at({node});
    if (alone == alone_db_.end() || !restored) return;
    const double gain_db = GainOf(restored->worst_nearness_db(), check_.worst_nearness_db());
    found_.layers[node] = {alone->second, gain_db};
    if (gain_db <= 0 || (found_.layer && gain_db <= found_.layer->gain_db)) return;
    found_.layer = Restoration{{node}, *restored, gain_db};
  }

  /// Returns the nodes that add the most noise, in the order of the graph.
  std::vector<const Node*> MostSuspicious() const {
    std::vector<const Node*> nodes = isolation_.nodes();
    const auto added = AddedNoise(question_.reference_graph, check_);
    const auto noise = [&](const Node* node) {
      const auto found = added.find(node->name);
      const bool known = found != added.end() && found->second == found->second;
      return known ? found->second : -std::numeric_limits<double>::infinity();
    };
    std::stable_sort(nodes.begin(), nodes.end(),
                     [&](const Node* a, const Node* b) { return noise(a) > noise(b); });
    nodes.resize(std::min(nodes.size(), kTriedLayers));
    const auto place = [&](const Node* node) {
      return std::find(isolation_.nodes().begin(), isolation_.nodes().end(), node);
    };
    std::sort(nodes.begin(), nodes.end(),
              [&](const Node* a, const Node* b) { return place(a) < place(b); });
    return nodes;
  }

  std::map<std::string, double> Gains() const {
    std::map<std::string, double> gains;
    for (const auto& [node, layer] : found_.layers) gains[node] = layer.gain_db;
    return gains;
  }

  /// Looks for the fewest nodes that cure where something falls short; else for the worst one.
  void NameTheLayer() {
    if (found_.layer && found_.layer->gain_db >= kWorthwhileDb) cure_ = found_.layer->nodes;
    if (FindShortfalls(check_, question_.limits).empty() || found_.layers.empty()) return;
    const IsolatedDamage damage =
        FindIsolatedDamage({question_.reference_graph, isolation_.nodes(), Gains(), check_,
                            question_.limits, kMostTrials},
                           [&](const std::vector<std::string>& nodes) { return Restore(nodes); });
    if (damage.few) cure_ = damage.few->nodes;
  }

  /// Compares the candidate with those nodes in float on all samples.
  void TryTheCure() {
    if (cure_.empty()) return;
    const RunnableModel cured(isolation_.Restored(cure_), question_.kernels);
    CompareOptions options;
    options.labels = question_.labels;
    Progress progress("trying the cure", question_.samples, question_.quiet);
    Cure cure{PatternFlag("--exclude", PatternOf(cure_)), "",
              Compare(question_.reference, cured, question_.samples, question_.read, options,
                      threads_, progress)};
    cure.cures = FindShortfalls(cure.comparison, question_.limits).empty();
    const double gain_db =
        GainOf(cure.comparison.worst_nearness_db(), question_.comparison.worst_nearness_db());
    if (gain_db < kWorthwhileDb) return;
    found_.next = std::move(cure);
  }

  const DiagnosisQuestion& question_;
  ThreadPool& threads_;
  const LayerIsolation isolation_;
  std::map<size_t, std::vector<std::vector<std::byte>>> values_;  // of the traced samples
  const SampleReader read_ = [this](size_t i) { return values_.at(i); };
  std::vector<int> labels_;  // of the traced samples
  Trace trace_;
  Comparison check_;
  std::map<std::string, double> alone_db_;
  std::map<std::vector<std::string>, std::optional<Comparison>> restored_;
  std::vector<std::string> cure_;  // nodes that are to stay in float
  LayerDiagnosis found_;
};

}  // namespace

LayerDiagnosis DiagnoseLayers(const DiagnosisQuestion& question, ThreadPool& threads) {
  if (question.candidate_graph.metadata.contains("equalization")) {
    LayerDiagnosis none;
    none.why_not = "the file's channels are equalized, so its layers do not fit the float network";
    return none;
  }
  return Doctor(question, threads).Find();
}

}  // namespace qconvert
