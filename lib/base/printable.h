// Text of files made fit for a terminal, a report and a file of ours. Readers put the names that
// they find through it, the command line its messages.
#pragma once

#include <string>
#include <string_view>

namespace qconvert {

/// Returns the text as valid UTF-8 without control characters: "\xNN" stands for each byte of those
/// and for each byte that is no UTF-8.
///   kept  control characters that stay as they are
std::string Printable(std::string_view text, std::string_view kept = "");

}  // namespace qconvert
