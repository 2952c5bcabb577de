# dnnl::dnnl: a system oneDNN from 3.2 on, else the one that scripts/setup fetched.
find_package(dnnl 3.2 CONFIG QUIET)
if(dnnl_FOUND)
  message(STATUS "oneDNN ${dnnl_VERSION} of the system")
  add_library(dnnl::dnnl ALIAS DNNL::dnnl)
else()
  set(onednn_library ${QCONVERT_DEPS}/onednn/lib/libdnnl.so.3)
  if(NOT EXISTS ${onednn_library})
    message(FATAL_ERROR "no oneDNN from version 3.2 on: run scripts/setup build")
  endif()
  add_library(dnnl::dnnl SHARED IMPORTED)
  set_target_properties(dnnl::dnnl PROPERTIES
    IMPORTED_LOCATION ${onednn_library}
    IMPORTED_SONAME libdnnl.so.3
    INTERFACE_INCLUDE_DIRECTORIES ${QCONVERT_DEPS}/onednn/include)
endif()
