#include "lib/base/file_identity.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <filesystem>

#include "lib/base/destination.h"

namespace qconvert {
namespace {

namespace fs = std::filesystem;

FileIdentity IdentityFrom(const struct stat& status, std::string rest = "") {
  return {status.st_dev, status.st_ino, std::move(rest)};
}

/// Takes names from the end of a path until a folder exists.
FileIdentity IdentityOfMissing(const fs::path& path) {
  fs::path folder = path, rest;
  struct stat status {};
  do {
    if (folder == folder.parent_path()) return {0, 0, path.string()};
    rest = rest.empty() ? folder.filename() : folder.filename() / rest;
    folder = folder.parent_path();
    if (folder.empty()) folder = ".";
  } while (stat(folder.c_str(), &status) != 0);
  const fs::path plain = rest.lexically_normal();  // what does not exist holds no links
  return plain == rest ? IdentityFrom(status, rest.string())
                       : IdentityOf((folder / plain).string());
}

}  // namespace

FileIdentity IdentityOf(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) == 0) return IdentityFrom(status);
  return IdentityOfMissing(DestinationOf(path).path);
}

FileIdentity IdentityOf(int descriptor) {
  struct stat status {};
  return fstat(descriptor, &status) == 0 ? IdentityFrom(status) : FileIdentity();
}

bool IsNullDevice(const std::string& path) {
  constexpr unsigned kMajor = 1, kMinor = 3;  // Linux, Documentation/admin-guide/devices.txt
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISCHR(status.st_mode) &&
         status.st_rdev == makedev(kMajor, kMinor);
}

}  // namespace qconvert
