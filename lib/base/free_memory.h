// Gives freed memory back to the system, between stages that need much.
#pragma once

namespace qconvert {

/// Lets all freed memory leave the process: glibc keeps what is freed, and what a stage left would
/// lie beside what the next one takes.
void TrimMemory();

}  // namespace qconvert
