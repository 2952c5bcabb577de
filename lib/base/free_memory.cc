#include "lib/base/free_memory.h"

#include <malloc.h>

namespace qconvert {

void ReturnLargeBlocks() {
#if defined(__GLIBC__)
  mallopt(M_MMAP_THRESHOLD, 768 << 10);  // more than a picture: those come and go with each sample
#endif
}

void TrimMemory() {
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
}

}  // namespace qconvert
