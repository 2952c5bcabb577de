// Products of matrices, for what methods solve while a network is converted. Layers of networks
// have kernels of their own (lib/kernels).
#pragma once

#include <cstddef>
#include <span>

#include "lib/base/parallel_for.h"

namespace qconvert {

/// Computes C = A B, each element a sum in the order of the columns of A; T is float or double.
///   a        [rows, terms]
///   b        [terms, columns]
///   threads  share the rows, null: the caller does all; the bits of C are the same
///   c        [rows, columns]
template <typename T>
void MultiplyMatrices(std::span<const T> a, std::span<const T> b, size_t terms, size_t columns,
                      ThreadPool* threads, std::span<T> c);

}  // namespace qconvert
