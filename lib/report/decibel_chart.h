// A chart whose vertical axis is decibels. The sections of pages that draw one share it.
#pragma once

#include <string>

namespace qconvert {

/// A chart, in units of its drawing.
struct DecibelChart {
  double width, height, margin;
  double most_db;  ///< at the upper end; 0 at the lower one

  /// Returns the vertical place of a value; what lies beyond an end is drawn at it.
  double HeightOf(double decibels) const;
  /// Returns a line with its number for each 20 dB, as markup.
  std::string Lines() const;
};

}  // namespace qconvert
