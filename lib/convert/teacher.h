// Another float network as the teacher of a training. tune.cc opens it before any work.
#pragma once

#include <vector>

#include "lib/network/float_network.h"
#include "lib/qconvert.h"
#include "lib/tuning/loss.h"

namespace qconvert {

/// Opens the teacher that the options name, whole weights and all.
///   settled  the options of the conversion with their defaults: shapes, layout and cuts hold for
///            both networks
///   own      the network that is trained
///   Throws Error with the teacher's path in front: as LoadOnnx does; kUnsupported when it is
///   quantized; kUnusable when it reads other inputs or gives other outputs than `own`.
FloatNetwork OpenTeacher(const TuneOptions& options, const ConvertOptions& settled,
                         const Graph& own);

/// Requires that a network is float: one without its pairs of quantization, which saturate, is no
/// teacher.
///   Throws Error(kUnsupported), with the path in front and `instead` at the end.
void RequireUnquantized(const std::string& path, const Graph& network, const std::string& instead);

}  // namespace qconvert
