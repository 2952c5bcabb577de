// zlib's compression for tests, and zip archives as numpy.savez writes them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <zlib.h>

#include "test/samples/array_files.h"

namespace qconvert {

/// Compresses with zlib; window bits as deflateInit2 takes them: -15 bare, 31 gzip.
inline std::string Deflate(const std::string& bytes, int window_bits) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, window_bits, 9, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string result(deflateBound(&stream, static_cast<uLong>(bytes.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  stream.avail_out = static_cast<uInt>(result.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  result.resize(stream.total_out);
  deflateEnd(&stream);
  return result;
}

inline std::string Gzip(const std::string& bytes) { return Deflate(bytes, 31); }

/// A member of a zip archive: what the directory says of it, true or not.
struct Member {
  std::string name, stored;
  uint16_t method = 0;
  uint32_t size = 0;  // when decompressed
  std::string extra = std::string(20, '\1');
};

inline Member Stored(const std::string& name, const std::string& bytes) {
  return {name, bytes, 0, static_cast<uint32_t>(bytes.size())};
}

inline Member Deflated(const std::string& name, const std::string& bytes) {
  return {name, Deflate(bytes, -15), 8, static_cast<uint32_t>(bytes.size())};
}

/// Returns a zip archive. Like numpy's, its local headers leave the sizes to an extra field.
inline std::string Zip(const std::vector<Member>& members, const std::string& comment = "") {
  std::string archive, directory;
  for (const Member& member : members) {
    const std::string sizes = Little(member.stored.size(), 4) + Little(member.size, 4);
    directory += "PK\1\2" + Little(45, 2) + Little(45, 2) + Little(0, 2) +
                 Little(member.method, 2) + Little(0, 8) + sizes + Little(member.name.size(), 2) +
                 Little(0, 12) + Little(archive.size(), 4) + member.name;
    archive += "PK\3\4" + Little(45, 2) + Little(0, 2) + Little(member.method, 2) + Little(0, 8) +
               std::string(8, '\xFF') + Little(member.name.size(), 2) +
               Little(member.extra.size(), 2) + member.name + member.extra + member.stored;
  }
  return archive + directory + "PK\5\6" + Little(0, 4) + Little(members.size(), 2) +
         Little(members.size(), 2) + Little(directory.size(), 4) + Little(archive.size(), 4) +
         Little(comment.size(), 2) + comment;
}

}  // namespace qconvert
