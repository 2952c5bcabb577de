// The one exception of the project. Every stage throws it; only cmd/ catches and prints it.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace qconvert {

/// What went wrong, as the exit code that tells a script so.
enum class ErrorKind {
  kGateFailed = 1,    ///< a gate was not met
  kUsage = 2,         ///< the command line asks for something impossible
  kUnusable = 3,      ///< an input file is unreadable, hostile or holds unusable values
  kUnsupported = 4,   ///< the model uses something that cannot be converted
  kIo = 5,            ///< disk full, target not writable
  kUndecided = 6,     ///< too few samples to decide a gate
  kInternal = 70,     ///< a mistake of ours
  kInterrupted = 130  ///< Ctrl-C
};

/// An error with a kind; the message grows to the left as it passes the node, pass and file loops.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}

  ErrorKind kind() const { return kind_; }
  int exit_code() const { return static_cast<int>(kind_); }

  /// Returns the same error with "context: " in front of its message.
  Error WithContext(std::string_view context) const {
    return Error(kind_, std::string(context) + ": " + what());
  }

 private:
  ErrorKind kind_;
};

/// Throws Error(kind, message).
[[noreturn]] void Fail(ErrorKind kind, const std::string& message);

}  // namespace qconvert
