#include "lib/base/free_memory.h"

#include <malloc.h>

namespace qconvert {

void TrimMemory() {
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
}

}  // namespace qconvert
