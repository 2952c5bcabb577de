// Products of float32 matrices that are added to what is there. The backward functions of
// convolutions and inner products are made of them (lib/ops/gradients.h).
#pragma once

#include <cstddef>

namespace qconvert {

/// A factor of a product, where it lies in a larger row-major matrix.
struct GemmFactor {
  const float* values = nullptr;
  size_t stride = 0;        ///< from one stored row to the next, in elements
  bool transposed = false;  ///< the factor is the transpose of what is stored
};

/// Adds A B to C on the calling thread. The order of the sums depends on the sizes and on the
/// instruction set only.
///   a         [rows, terms]
///   b         [terms, columns]
///   c         [rows, columns]
///   c_stride  from one row of C to the next, in elements
void AddFloatProduct(size_t rows, size_t terms, size_t columns, const GemmFactor& a,
                     const GemmFactor& b, float* c, size_t c_stride);

}  // namespace qconvert
