// What every fuzz target does with its input: calls a reader, and takes no for an answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <span>

#include "lib/base/error.h"

namespace qconvert {

/// Runs `body` on hostile bytes. It may return, run out of memory, or throw an Error that blames
/// the file, asks for a flag or cannot write; whatever else it throws, and Error(kInternal) before
/// all, is a finding.
template <typename Body>
int Survive(const Body& body) {
  try {
    body();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kInternal) {
      std::fprintf(stderr, "a mistake of ours: %s\n", error.what());
      std::abort();
    }
  } catch (const std::bad_alloc&) {
    return 0;
  }
  return 0;
}

inline std::span<const std::byte> Bytes(const uint8_t* data, size_t size) {
  return std::as_bytes(std::span(data, size));
}

}  // namespace qconvert
