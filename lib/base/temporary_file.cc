#include "lib/base/temporary_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace qconvert {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMark = ".qconvert-", kEnding = ".tmp";
constexpr size_t kMostDigits = 10;
constexpr mode_t kPermissions = 0777;

[[noreturn]] void FailWith(int error) { throw std::system_error(error, std::generic_category()); }

fs::path FolderOf(const fs::path& target) {
  return target.has_parent_path() ? target.parent_path() : fs::path(".");
}

/// Returns what the names of a target's temporary files begin with: its own name, cut where the
/// folder's limit wants it, but not inside a UTF-8 character.
std::string BeginningOf(const fs::path& target) {
  constexpr size_t kAdded = kMark.size() + kMostDigits + kEnding.size();
  const long limit = pathconf(FolderOf(target).c_str(), _PC_NAME_MAX);
  const size_t most = static_cast<size_t>(limit > long{kAdded} ? limit : NAME_MAX) - kAdded;
  std::string name = target.filename().string();
  if (name.size() > most) {
    size_t end = most;
    while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0U) == 0x80U) --end;
    name.resize(end);
  }
  return name.append(kMark);
}

bool IsTemporaryName(std::string_view name, std::string_view beginning) {
  if (!name.starts_with(beginning) || !name.ends_with(kEnding)) return false;
  if (name.size() <= beginning.size() + kEnding.size()) return false;
  const auto number =
      name.substr(beginning.size(), name.size() - beginning.size() - kEnding.size());
  return number.size() <= kMostDigits &&
         number.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Removes a temporary file that nobody holds. Who has the lock on a file that still has its name
/// is the only one to rename or remove it.
void RemoveUnlessHeld(const fs::path& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) return;
  struct stat held {
  }, named{};
  if (fstat(descriptor, &held) == 0 && S_ISREG(held.st_mode) &&
      flock(descriptor, LOCK_EX | LOCK_NB) == 0 && lstat(path.c_str(), &named) == 0 &&
      named.st_dev == held.st_dev && named.st_ino == held.st_ino) {
    unlink(path.c_str());
  }
  close(descriptor);
}

void RemoveLeftovers(const fs::path& folder, const std::string& beginning) {
  std::vector<fs::path> found;
  std::error_code unreadable;  // creating a file there says what is wrong
  fs::directory_iterator entry(folder, unreadable);
  for (; !unreadable && entry != fs::directory_iterator(); entry.increment(unreadable)) {
    if (IsTemporaryName(entry->path().filename().string(), beginning)) {
      found.push_back(entry->path());
    }
  }
  for (const fs::path& path : found) RemoveUnlessHeld(path);
}

/// Returns the status of the file to replace; nothing when there is none.
std::optional<struct stat> StatusOf(const std::string& target) {
  struct stat status {};
  if (stat(target.c_str(), &status) != 0) {
    if (errno == ENOENT) return std::nullopt;
    FailWith(errno);
  }
  if (S_ISDIR(status.st_mode)) FailWith(EISDIR);
  return status;
}

/// Locks a new file. Returns false when another process takes it for a leftover and removes it; a
/// file system without locks has no such processes.
bool Lock(int descriptor) {
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) return errno != EWOULDBLOCK;
  struct stat status {};
  return fstat(descriptor, &status) == 0 && status.st_nlink > 0;
}

/// Gives a new file the owner, the group and the permissions of the one that it replaces, as far as
/// we may. Those it was created with are fewer.
void TakeOver(int descriptor, const struct stat& replaced) {
  const bool owned = fchown(descriptor, replaced.st_uid, replaced.st_gid) == 0;
  const bool grouped = owned || fchown(descriptor, geteuid(), replaced.st_gid) == 0;
  // In another group the bits of the group would open the file to others.
  const mode_t kept = grouped ? kPermissions : kPermissions & ~mode_t{S_IRWXG};
  static_cast<void>(fchmod(descriptor, replaced.st_mode & kept));
}

}  // namespace

TemporaryFile::TemporaryFile(const std::string& target) : target_(target) {
  const std::optional<struct stat> replaced = StatusOf(target);
  const mode_t permissions = replaced ? replaced->st_mode & kPermissions : 0666;
  const fs::path folder = FolderOf(target);
  const std::string beginning = BeginningOf(target);
  RemoveLeftovers(folder, beginning);
  for (auto number = static_cast<uint32_t>(getpid()); descriptor_ < 0; ++number) {
    path_ = (folder / (beginning + std::to_string(number) + std::string(kEnding))).string();
    descriptor_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, permissions);
    if (descriptor_ < 0 && errno != EEXIST) FailWith(errno);
    if (descriptor_ >= 0 && !Lock(descriptor_)) {
      unlink(path_.c_str());
      close(std::exchange(descriptor_, -1));
    }
  }
  if (replaced) TakeOver(descriptor_, *replaced);
}

TemporaryFile::~TemporaryFile() {
  if (!path_.empty()) unlink(path_.c_str());
  close(descriptor_);
}

void TemporaryFile::ReplaceTarget() {
  if (fsync(descriptor_) != 0 && errno != EINVAL) FailWith(errno);  // EINVAL: nothing to wait for
  if (rename(path_.c_str(), target_.c_str()) != 0) FailWith(errno);
  path_.clear();
}

}  // namespace qconvert
