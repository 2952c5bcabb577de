#include "lib/base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "lib/base/error.h"

namespace qconvert {
namespace {

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

[[noreturn]] void FailOpen(const std::string& path, int error) {
  Fail(ErrorKind::kUnusable, "cannot read '" + path + "': " + std::strerror(error));
}

}  // namespace

std::shared_ptr<const MappedFile> MappedFile::Open(const std::string& path) {
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) FailOpen(path, errno);
  struct stat status {};
  if (fstat(file.get(), &status) != 0) FailOpen(path, errno);
  if (S_ISDIR(status.st_mode)) FailOpen(path, EISDIR);
  if (!S_ISREG(status.st_mode)) {
    Fail(ErrorKind::kUnusable, "cannot read '" + path + "': not a regular file");
  }
  std::shared_ptr<MappedFile> mapped(new MappedFile);
  mapped->size_ = static_cast<size_t>(status.st_size);
  if (mapped->size_ == 0) return mapped;
  void* data = mmap(nullptr, mapped->size_, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (data == MAP_FAILED) FailOpen(path, errno);
  mapped->data_ = static_cast<const std::byte*>(data);
  mapped->noted_.emplace(data, mapped->size_, path);
  return mapped;
}

void MappedFile::Release(std::span<const std::byte> part) const {
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const auto first = static_cast<size_t>(part.data() - data_) / page * page;
  const auto last = static_cast<size_t>(part.data() - data_) + part.size();
  if (part.empty()) return;
  madvise(const_cast<std::byte*>(data_) + first, last - first, MADV_DONTNEED);
}

MappedFile::~MappedFile() {
  noted_.reset();
  if (data_ != nullptr) munmap(const_cast<std::byte*>(data_), size_);
}

}  // namespace qconvert
