# Debian's libraries, each as one target. They are linked as shared ones, for their archives cannot be
# part of a shared library.
include_guard()

# add_shared_library(TARGET NAME): the target of libNAME.so.
function(add_shared_library target name)
  find_library(${name}_LIBRARY NAMES lib${name}.so REQUIRED)
  file(REAL_PATH ${${name}_LIBRARY} file)
  string(REGEX MATCH "lib[^/]*\\.so\\.[0-9]+" soname ${file})
  add_library(${target} SHARED IMPORTED GLOBAL)
  set_target_properties(${target} PROPERTIES
    IMPORTED_LOCATION ${file} IMPORTED_SONAME ${soname}
    INTERFACE_LINK_LIBRARIES Threads::Threads)
endfunction()

add_shared_library(qconvert::jpeg jpeg)
add_shared_library(qconvert::png png16)
add_shared_library(qconvert::zlib z)
add_shared_library(qconvert::re2 re2)
# Messages without reflection; the fuzz targets' mutators need it.
if(QCONVERT_SANITIZE)
  set(onnx_messages protobuf::libprotobuf)
else()
  add_shared_library(qconvert::protobuf_lite protobuf-lite)
  set(onnx_messages qconvert::protobuf_lite)
endif()
