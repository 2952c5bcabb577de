// What the parser says of a wrong value -> plain words with a remedy. RunCommand calls it.
#pragma once

#include <string>

namespace qconvert {

/// Returns a parser's message in plain words: what an option takes, with the nearest of its values.
std::string Explained(const std::string& message);

}  // namespace qconvert
