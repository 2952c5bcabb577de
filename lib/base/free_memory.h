// Gives freed memory back to the system, where stages that need much follow each other.
#pragma once

namespace qconvert {

/// Lets freed blocks of the size of weights leave the process at once. glibc does so at first, but
/// from then on keeps blocks as large as the largest that was freed. For main functions.
void ReturnLargeBlocks();

/// Lets all other freed memory leave the process: what a stage left would lie beside what the next
/// one takes.
void TrimMemory();

}  // namespace qconvert
