#include "lib/base/cut_files.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <mutex>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/file_identity.h"

namespace qconvert {

/// One mapping. It stays in the list for good, to be used again: a signal handler may look at it.
struct Mapping {
  std::atomic<uintptr_t> begin{0}, end{0};  // end 0: the place is free
  std::atomic<bool> cut{false};
  std::string path;
  FileIdentity file;
  Mapping* next = nullptr;
};

namespace {

std::atomic<Mapping*> first{nullptr};
std::vector<Mapping*> idle;
std::mutex mutex;  // of idle, and of the paths
std::atomic<bool> any_cut{false};
uintptr_t page_bytes = 0;

/// Puts pages of zeros in the place of the mapping's rest.
bool PatchRest(Mapping& mapping, uintptr_t address) {
  const uintptr_t page = address / page_bytes * page_bytes;
  void* patched = mmap(reinterpret_cast<void*>(page), mapping.end - page, PROT_READ,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  if (patched == MAP_FAILED) return false;
  mapping.cut = any_cut = true;
  return true;
}

extern "C" void OnBusError(int signal, siginfo_t* where, void*) {
  const auto address = reinterpret_cast<uintptr_t>(where->si_addr);
  for (Mapping* mapping = first; mapping != nullptr; mapping = mapping->next) {
    if (address < mapping->begin || address >= mapping->end) continue;
    if (PatchRest(*mapping, address)) return;
  }
  std::signal(signal, SIG_DFL);  // the read is tried again
}

/// Looks whether the file has as many bytes as are mapped. Another file may have its name by now.
void Look(Mapping& mapping) {
  struct stat status {};
  if (mapping.end == 0 || stat(mapping.path.c_str(), &status) != 0) return;
  const auto mapped = static_cast<off_t>(mapping.end - mapping.begin);
  const FileIdentity same{status.st_dev, status.st_ino, ""};
  if (same == mapping.file && status.st_size < mapped) mapping.cut = any_cut = true;
}

}  // namespace

void SurviveCutFiles() {
  page_bytes = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  struct sigaction action {};
  action.sa_sigaction = OnBusError;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGBUS, &action, nullptr);
}

void ThrowIfCut() {
  if (!any_cut) return;
  const std::lock_guard lock(mutex);
  for (Mapping* mapping = first; mapping != nullptr; mapping = mapping->next) {
    if (!mapping->cut) continue;
    Fail(ErrorKind::kUnusable, mapping->path + ": it was cut off while it was read");
  }
}

void RequireWholeFiles() {
  {
    const std::lock_guard lock(mutex);
    for (Mapping* mapping = first; mapping != nullptr; mapping = mapping->next) Look(*mapping);
  }
  ThrowIfCut();
}

NotedMapping::NotedMapping(const void* bytes, size_t size, const std::string& path) {
  const std::lock_guard lock(mutex);
  if (idle.empty()) {
    auto* added = new Mapping;
    added->next = first;
    first = added;
    idle.push_back(added);
  }
  mapping_ = idle.back();
  idle.pop_back();
  mapping_->path = path;
  mapping_->file = IdentityOf(path);
  mapping_->begin = reinterpret_cast<uintptr_t>(bytes);
  mapping_->end = mapping_->begin + size;
}

NotedMapping::~NotedMapping() {
  const std::lock_guard lock(mutex);
  Look(*mapping_);
  mapping_->end = 0;
  if (!mapping_->cut) idle.push_back(mapping_);
}

}  // namespace qconvert
