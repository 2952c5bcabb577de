// Ctrl-C as an exception at the next convenient place.
#pragma once

namespace qconvert {

/// Makes SIGINT and SIGTERM set a flag instead of ending the process; a second one ends it. A limit
/// on file sizes becomes an error of the write.
void CatchInterrupts();

/// Throws Error(kInterrupted) once a signal has come.
void ThrowIfInterrupted();

}  // namespace qconvert
