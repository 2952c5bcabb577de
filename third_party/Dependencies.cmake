# Everything foreign that we compile against, each as one target:
#   Debian packages    CLI11, spdlog (with fmt), nlohmann_json, JPEG, PNG, ZLIB, protobuf, RE2, hwy,
#                      Catch2
#   fetched by scripts/setup into .deps/, pinned    oneDNN (unless a system one will do), onnx.proto
#   generated here     onnx.pb.h (qconvert_onnx_proto), tflite_generated.h (qconvert_tflite_schema)
include_guard()

set(QCONVERT_DEPS ${CMAKE_SOURCE_DIR}/.deps CACHE PATH "Where scripts/setup put what it fetched")

find_package(Threads REQUIRED)
find_package(CLI11 REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(hwy REQUIRED)

# Archives where the system has them, so that an installed executable needs few libraries.
set(shared_first ${CMAKE_FIND_LIBRARY_SUFFIXES})
set(CMAKE_FIND_LIBRARY_SUFFIXES .a ${shared_first})
find_package(ZLIB REQUIRED)
find_package(JPEG REQUIRED)
find_package(PNG REQUIRED)
find_package(Protobuf REQUIRED)
include(Re2)
set(CMAKE_FIND_LIBRARY_SUFFIXES ${shared_first})

include(OneDnn)
include(OnnxProto)
include(TfliteSchema)
if(QCONVERT_TESTS)
  include(Catch)
endif()
