#include "lib/base/resident_memory.h"

#include <fstream>
#include <limits>
#include <string>

namespace qconvert {
namespace {

/// Returns a figure of proc(5), which getrusage does not have: its peak begins with the parent's.
size_t StatusBytes(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    size_t kibibytes = 0;
    if (word == name && status >> kibibytes) return kibibytes << 10;
    status.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return 0;
}

}  // namespace

size_t ResidentBytes() { return StatusBytes("VmRSS:"); }

size_t PeakResidentBytes() { return StatusBytes("VmHWM:"); }

}  // namespace qconvert
