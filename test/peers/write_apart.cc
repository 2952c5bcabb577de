// Writes a TFLite file once more, with its constants behind the flatbuffer, as those of files
// beyond 2 GB stand.
//
//   write_apart FROM TO
#include <cstdio>
#include <cstdlib>

#include "lib/base/error.h"
#include "lib/base/output_file.h"
#include "lib/tflite/reader.h"
#include "lib/tflite/writer.h"

int main(int count, char** arguments) {
  if (count != 3) return EXIT_FAILURE;
  try {
    qconvert::WriteFile(arguments[2],
                        *qconvert::WriteTflite(qconvert::ReadTflite(arguments[1]), 0));
  } catch (const qconvert::Error& error) {
    std::fprintf(stderr, "write_apart: %s\n", error.what());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
