// Looks int8 values up in a table of 256, in vectors. lib/ops/lookup.h makes the tables.
#pragma once

#include <cstddef>
#include <memory>

#include "lib/kernels/kernel.h"
#include "lib/math/lookup_table.h"

namespace qconvert {

/// Makes the kernel of a unary int8 operator that is tabulated.
///   elements  of the operand and of the result
std::unique_ptr<Kernel> MakeLookupKernel(const Int8Table& table, size_t elements);

}  // namespace qconvert
