// A mutator that knows the structure of protobuf messages: bytes alone rarely give one that parses.
#pragma once

#include <random>

#include <google/protobuf/message.h>

namespace qconvert {

/// Changes one field somewhere in the message: sets it to a telling value or one of another place,
/// removes it, or repeats, swaps and drops elements.
void MutateProto(google::protobuf::Message& message, std::minstd_rand& random);

}  // namespace qconvert
