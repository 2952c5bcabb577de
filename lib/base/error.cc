#include "lib/base/error.h"

namespace qconvert {

void Fail(ErrorKind kind, const std::string& message) { throw Error(kind, message); }

}  // namespace qconvert
