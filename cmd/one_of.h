// A check of option values.
#pragma once

#include <initializer_list>
#include <string>

#include <CLI/CLI.hpp>

namespace qconvert {

/// Accepts these values, for an option whose type name lists them already.
template <typename T>
CLI::Validator OneOf(std::initializer_list<T> values) {
  CLI::Validator validator = CLI::IsMember(values);
  validator.description("");
  return validator;
}

}  // namespace qconvert
