# qconvert_onnx_proto: ONNX's own messages, "onnx.pb.h", generated from the pinned onnx.proto.
set(onnx_proto ${QCONVERT_DEPS}/onnx/onnx.proto)
set(onnx_generated ${CMAKE_BINARY_DIR}/generated/onnx)
if(NOT EXISTS ${onnx_proto})
  message(FATAL_ERROR "no onnx.proto: run scripts/setup build")
endif()

file(MAKE_DIRECTORY ${onnx_generated})
add_custom_command(
  OUTPUT ${onnx_generated}/onnx.pb.h ${onnx_generated}/onnx.pb.cc
  COMMAND protobuf::protoc --cpp_out=${onnx_generated} --proto_path=${QCONVERT_DEPS}/onnx onnx.proto
  DEPENDS ${onnx_proto}
  COMMENT "Generating onnx.pb.h"
  VERBATIM)

add_library(qconvert_onnx_proto STATIC ${onnx_generated}/onnx.pb.cc ${onnx_generated}/onnx.pb.h)
target_compile_options(qconvert_onnx_proto PRIVATE -w)
target_include_directories(qconvert_onnx_proto SYSTEM PUBLIC ${onnx_generated})
target_link_libraries(qconvert_onnx_proto PUBLIC ${onnx_messages})
