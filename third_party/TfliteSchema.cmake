# qconvert_tflite_schema: "tflite_generated.h" (namespace tflite), generated from schemas/tflite.fbs.
# The C++ 11 flavour: its enums are plain, as tflite::BuiltinOperator_SOFTMAX.
find_program(FLATC flatc REQUIRED)
find_path(FLATBUFFERS_INCLUDE flatbuffers/flatbuffers.h REQUIRED)

set(tflite_schema ${CMAKE_SOURCE_DIR}/schemas/tflite.fbs)
set(tflite_generated ${CMAKE_BINARY_DIR}/generated/tflite)
file(MAKE_DIRECTORY ${tflite_generated})
add_custom_command(
  OUTPUT ${tflite_generated}/tflite_generated.h
  COMMAND ${FLATC} --cpp --cpp-std c++11 --gen-mutable -o ${tflite_generated} ${tflite_schema}
  DEPENDS ${tflite_schema}
  COMMENT "Generating tflite_generated.h"
  VERBATIM)
add_custom_target(qconvert_tflite_header DEPENDS ${tflite_generated}/tflite_generated.h)

add_library(qconvert_tflite_schema INTERFACE)
add_dependencies(qconvert_tflite_schema qconvert_tflite_header)
target_include_directories(qconvert_tflite_schema SYSTEM INTERFACE
                           ${tflite_generated} ${FLATBUFFERS_INCLUDE})
