// The bytes of evidence -> evidence, which is written again and joined with itself.
#include "fuzz/survive.h"

#include "lib/calibration/evidence.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace qconvert;
  return Survive([&] {
    Evidence evidence = Evidence::Parse(Bytes(data, size));
    evidence.Append(Evidence::Parse(evidence.Serialise()));
  });
}
