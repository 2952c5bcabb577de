#include "lib/samples/reordered_samples.h"

#include <utility>

namespace qconvert {
namespace {

class ReorderedSamples : public SampleSet {
 public:
  ReorderedSamples(const SampleSet& set, std::vector<size_t> order)
      : set_(set), order_(std::move(order)) {}

  size_t size() const override { return order_.size(); }
  size_t available() const override { return set_.available(); }
  size_t place(size_t i) const override { return set_.place(order_.at(i)); }
  std::string name(size_t i) const override { return set_.name(order_.at(i)); }
  std::vector<std::vector<std::byte>> Read(size_t i) const override {
    return set_.Read(order_.at(i));
  }
  std::optional<Picture> Look(size_t i) const override { return set_.Look(order_.at(i)); }

 private:
  const SampleSet& set_;
  const std::vector<size_t> order_;
};

}  // namespace

std::unique_ptr<SampleSet> Reordered(const SampleSet& set, std::vector<size_t> order) {
  return std::make_unique<ReorderedSamples>(set, std::move(order));
}

}  // namespace qconvert
