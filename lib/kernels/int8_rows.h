// Rows of integer sums, products and the like, in Highway with run-time dispatch. arithmetic.cc
// makes kernels of them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lib/kernels/elementwise.h"

namespace qconvert {

/// A row of results and of operands, which move along or stay, with what rescales them.
struct Int8Row {
  const int8_t* a = nullptr;
  const int8_t* b = nullptr;
  int8_t* result = nullptr;
  size_t count = 0;
  bool a_moves = true, b_moves = true;
  float a_zero = 0, b_zero = 0;    // zero points
  float a_scale = 0, b_scale = 0;  // operand to result, or its root; of a product, b's is for both
  float offset = 0;                // added at the end
  float min = 0, max = 0;          // of the result's steps
  // The same of a sum in fixed-point numbers; no fraction bits: they would overflow.
  int fraction_bits = 0;
  int16_t a_factor = 0, b_factor = 0;
  int32_t fixed_offset = 0;
  int8_t a_flip = 0, b_flip = 0, flip = 0;  // what bytes of operands and results are XORed with
};

using Int8RowFunction = void (*)(const Int8Row&);

/// Returns what computes a row.
///   row  with its scales: sums are made in fixed-point numbers where it has fraction bits
Int8RowFunction FindInt8RowFunction(Int8Loop loop, const Int8Row& row);

}  // namespace qconvert
