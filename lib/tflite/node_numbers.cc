#include "lib/tflite/node_numbers.h"

#include <algorithm>

#include "lib/tflite/node_attributes.h"
#include "lib/tflite/node_view.h"

namespace qconvert {
namespace {

/// Returns null where no figure has the name.
const Figure* FindFigure(std::string_view name) {
  for (std::span<const Figure> figures : {ShapeFigures(), GridFigures()}) {
    const auto found = std::ranges::find(figures, name, &Figure::name);
    if (found != figures.end()) return &*found;
  }
  return nullptr;
}

}  // namespace

bool IsNodeNumber(std::string_view name) {
  return FindFigure(name) != nullptr || IsAttribute(name);
}

std::vector<double> NodeNumbers(std::string_view name, const Graph& graph, const Node& node) {
  const Figure* figure = FindFigure(name);
  return figure == nullptr ? AttributeNumbers(name, node) : figure->of(NodeView(graph, node));
}

std::string_view NodeNumberWords(std::string_view name) {
  const Figure* figure = FindFigure(name);
  return figure == nullptr ? name : figure->words;
}

}  // namespace qconvert
