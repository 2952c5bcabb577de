// Ctrl-C as an exception at the next convenient place, and files that are cut while they are read.
#pragma once

namespace qconvert {

/// Makes SIGINT, SIGTERM and SIGHUP, unless they are ignored, set a flag instead of ending the
/// process. A process that has not ended a second later does so with exit code 130, whatever it is
/// at; a second signal ends it at once. A limit on file sizes becomes an error of the write.
void CatchInterrupts();

/// Throws Error(kInterrupted) once a signal has come, and Error(kUnusable) once a mapped file was
/// read behind its end (cut_files.h).
void ThrowIfInterrupted();

}  // namespace qconvert
