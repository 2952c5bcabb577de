// The text of a configuration file <-> keys and their values: the part of TOML (toml.io, 1.0) that
// options need. config_file.h gives it to the parser of the command line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace qconvert {

/// One "key = value" of a file. Numbers and booleans keep their spelling.
struct TomlEntry {
  std::string section;  ///< empty: in front of the first [section]
  std::string key;
  std::vector<std::string> values;  ///< one, or those of an array
  size_t line = 0;                  ///< of the key, from 1
};

/// Reads sections, keys, strings, numbers, booleans and arrays of these.
///   Throws Error(kUnusable) that names the line for what is no TOML, for a key that is there
///   twice, and for the rest of TOML (tables in tables, dates, strings of several lines).
std::vector<TomlEntry> ParseToml(std::string_view text);

/// Returns values as TOML that ParseToml reads as the same texts; several are an array.
std::string TomlText(const std::vector<std::string>& values);

}  // namespace qconvert
