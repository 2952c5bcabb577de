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

find_package(Protobuf REQUIRED)  # for protoc
include(SharedLibraries)
include(OneDnn)
include(OnnxProto)
include(TfliteSchema)
if(QCONVERT_TESTS)
  include(Catch)
endif()
