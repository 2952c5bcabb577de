// Names that come from models, as text in XML and HTML.
#pragma once

#include <string>

namespace qconvert {

/// Returns text in which markup is escaped, control characters are blanks, and bytes that are not
/// UTF-8 are replaced.
std::string EscapeMarkup(const std::string& text);

/// Returns bytes in base 64, as a data URL has them.
std::string ToBase64(const std::string& bytes);

}  // namespace qconvert
