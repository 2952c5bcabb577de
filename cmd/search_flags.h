// The flags of a search for precisions and of its recipes, and what is printed of it.
#pragma once

#include "lib/qconvert.h"

namespace CLI {
class App;
}  // namespace CLI

namespace qconvert {

/// Adds --search and what belongs to it, and --recipe.
void AddSearchFlags(CLI::App& app, ConvertOptions& options);

/// Prints what a search did.
///   verbose  the whole table of files
void PrintSearch(const SearchSummary& search, bool verbose);

}  // namespace qconvert
