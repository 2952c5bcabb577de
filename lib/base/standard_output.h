// The standard output as the place of one result: what is printed for people must then go
// elsewhere. cmd/ settles that before the work; output_file.h writes there.
#pragma once

#include <string>

namespace qconvert {

/// Opens those of the descriptors 0 to 2 that the caller closed, so that no file of ours becomes
/// one of them. Writing to a standard output that was closed still fails; messages are dropped.
void OpenStandardStreams();

/// Returns whether an output goes to the standard output: "-", /dev/stdout, or the file or pipe
/// that the caller redirected it to. The null device is told apart only as "-".
bool IsStandardOutput(const std::string& path);

/// Lets everything that is printed go to stderr from here on. StandardOutput() stays what it is.
///   Throws Error(kIo) when the system has no descriptor left.
void PrintToStderr();

/// Returns the descriptor of the standard output as the caller gave it.
int StandardOutput();

}  // namespace qconvert
