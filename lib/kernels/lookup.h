// Looks int8 values up in a table of 256, in vectors. lib/ops/lookup.h makes the tables.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "lib/kernels/kernel.h"
#include "lib/math/lookup_table.h"

namespace qconvert {

/// A byte for each unsigned byte; where one is looked up in, it is aligned to 16 bytes.
using ByteTable = std::array<uint8_t, 256>;

/// Looks up to[i] = table[from[i] XOR flip].
void LookUpBytes(const ByteTable& table, uint8_t flip, const uint8_t* from, size_t count,
                 uint8_t* to);

/// Makes the kernel of a unary int8 operator that is tabulated. It honours the context's flips.
///   table  of the context's node, for signed operands and results
std::unique_ptr<Kernel> MakeLookupKernel(const PrepareContext& context, const Int8Table& table);

}  // namespace qconvert
