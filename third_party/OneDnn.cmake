# dnnl::dnnl     oneDNN: a system one from 3.2 on, else the one scripts/setup fetched
# dnnl::headers  its headers alone, for rooms that fill its structs but never call it
find_package(dnnl 3.2 CONFIG QUIET)
if(dnnl_FOUND)
  message(STATUS "oneDNN ${dnnl_VERSION} of the system")
  add_library(dnnl::dnnl ALIAS DNNL::dnnl)
  get_target_property(onednn_include DNNL::dnnl INTERFACE_INCLUDE_DIRECTORIES)
else()
  set(onednn_include ${QCONVERT_DEPS}/onednn/include)
  set(onednn_library ${QCONVERT_DEPS}/onednn/lib/libdnnl.so.3)
  if(NOT EXISTS ${onednn_library})
    message(FATAL_ERROR "no oneDNN from version 3.2 on: run scripts/setup build")
  endif()
  add_library(dnnl::dnnl SHARED IMPORTED)
  set_target_properties(dnnl::dnnl PROPERTIES
    IMPORTED_LOCATION ${onednn_library}
    IMPORTED_SONAME libdnnl.so.3
    INTERFACE_INCLUDE_DIRECTORIES ${onednn_include})
endif()

add_library(dnnl::headers INTERFACE IMPORTED)
set_target_properties(dnnl::headers PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${onednn_include}")
