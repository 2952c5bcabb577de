// Ctrl-C as an exception at the next convenient place.
#pragma once

namespace qconvert {

/// Makes SIGINT and SIGTERM set a flag instead of ending the process; a second one ends it.
void CatchInterrupts();

/// Throws Error(kInterrupted) once a signal has come.
void ThrowIfInterrupted();

}  // namespace qconvert
