#include "lib/report/graph_section.h"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

#include "lib/report/markup.h"
#include "lib/report/page.h"

namespace qconvert {
namespace {

constexpr double kRow = 22, kLane = 14;
constexpr size_t kUnfolded = 40;  // nodes: a longer list is folded
constexpr Arithmetic kAll[] = {Arithmetic::kInt8, Arithmetic::kInt16, Arithmetic::kDynamic,
                               Arithmetic::kFloat};

/// Gives each node a lane, in which its result goes down to its last reader.
class Lanes {
 public:
  explicit Lanes(const std::vector<GraphNodeSummary>& nodes) : last_reader_(nodes.size()) {
    for (size_t i = 0; i < nodes.size(); ++i) {
      last_reader_[i] = i;
      for (size_t read : nodes[i].reads) last_reader_[read] = i;
    }
    for (size_t i = 0; i < nodes.size(); ++i) of_.push_back(Take(i, nodes[i].reads));
  }

  size_t count() const { return busy_until_.size(); }
  size_t of(size_t node) const { return of_[node]; }

 private:
  /// Returns the lane of what the node reads where that ends here, else the first free one.
  size_t Take(size_t node, const std::vector<size_t>& reads) {
    const auto is_free = [&](size_t lane) {
      return lane == busy_until_.size() || busy_until_[lane] <= node;
    };
    size_t lane = 0;
    while (!is_free(lane)) ++lane;
    for (size_t read : reads) {
      if (is_free(of_[read])) lane = of_[read];
    }
    if (lane == busy_until_.size()) busy_until_.push_back(0);
    busy_until_[lane] = last_reader_[node];
    return lane;
  }

  std::vector<size_t> last_reader_, of_;
  std::vector<size_t> busy_until_;  // by lane: the node that reads it last
};

double X(size_t lane) { return kLane * (static_cast<double>(lane) + 0.5); }
double Y(size_t node) { return kRow * (static_cast<double>(node) + 0.5); }

/// Returns the edge: straight down the lane of `from`, then across to `to`.
std::string Edge(const Lanes& lanes, size_t from, size_t to) {
  const double x = X(lanes.of(from)), y = Y(to);
  return fmt::format("<path d=\"M{0} {1}V{2}C{0} {4} {3} {5} {3} {4}\"/>", x, Y(from),
                     y - 0.8 * kRow, X(lanes.of(to)), y, y - 0.8 * kRow);
}

std::string Drawing(const std::vector<GraphNodeSummary>& nodes) {
  const Lanes lanes(nodes);
  std::string edges, dots;
  for (size_t i = 0; i < nodes.size(); ++i) {
    for (size_t read : nodes[i].reads) edges += Edge(lanes, read, i);
    dots += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"4.5\" class=\"{}\"/>", X(lanes.of(i)),
                        Y(i), ToText(nodes[i].arithmetic));
  }
  const double width = kLane * static_cast<double>(lanes.count()),
               height = kRow * static_cast<double>(nodes.size());
  return fmt::format(
      "<svg style=\"width:{0}px;height:{1}px\" viewBox=\"0 0 {0} {1}\" aria-hidden=\"true\">"
      "<g fill=\"none\" stroke=\"var(--line)\" stroke-width=\"2\">{2}</g>{3}</svg>",
      width, height, edges, dots);
}

std::string List(const std::vector<GraphNodeSummary>& nodes) {
  std::string list;
  for (const GraphNodeSummary& node : nodes) {
    list += fmt::format("<li>{} <b>{}</b> {}</li>\n", EscapeMarkup(node.node),
                        EscapeMarkup(node.kind), EscapeMarkup(node.shape));
  }
  return "<div class=\"t g\">" + Drawing(nodes) + "<ol>\n" + list + "</ol></div>\n";
}

/// Returns how many nodes there are of each kind of arithmetic.
std::string Legend(const std::vector<GraphNodeSummary>& nodes) {
  std::string legend;
  for (const Arithmetic arithmetic : kAll) {
    const auto count = std::count_if(nodes.begin(), nodes.end(), [&](const auto& node) {
      return node.arithmetic == arithmetic;
    });
    if (count == 0) continue;
    legend += fmt::format("<i class=\"{0}\"></i> {1} {0} &ensp; ", ToText(arithmetic), count);
  }
  return "<p class=l>" + legend + "</p>\n";
}

std::string Strip(const std::vector<GraphNodeSummary>& nodes) {
  std::string parts;
  for (const GraphNodeSummary& node : nodes) {
    parts += fmt::format("<i class=\"{}\" title=\"{} ({})\"></i>", ToText(node.arithmetic),
                         EscapeMarkup(node.node), EscapeMarkup(node.kind));
  }
  return "<div class=strip>" + parts + "</div>\n";
}

}  // namespace

std::string ToText(Arithmetic arithmetic) {
  switch (arithmetic) {
    case Arithmetic::kFloat:
      return "float";
    case Arithmetic::kDynamic:
      return "dynamic";
    case Arithmetic::kInt8:
      return "int8";
    case Arithmetic::kInt16:
      return "int16";
  }
  return "";
}

std::string GraphSection(const std::vector<GraphNodeSummary>& nodes) {
  if (nodes.empty()) return "";
  const std::string list = List(nodes);
  return "<h2>Graph</h2>\n" + Legend(nodes) + Strip(nodes) +
         (nodes.size() <= kUnfolded
              ? list
              : fmt::format("<details><summary>{} nodes</summary>\n{}</details>\n", nodes.size(),
                            list));
}

}  // namespace qconvert
