// A search for precisions as a part of a page: the files that none beats, drawn and in a table.
// conversion_page.cc puts it between the file and its check.
#pragma once

#include <string>

#include "lib/qconvert.h"

namespace qconvert {

/// Returns the part as markup.
std::string SearchSection(const SearchSummary& search);

}  // namespace qconvert
