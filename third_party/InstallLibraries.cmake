# Puts beside the installed executables the foreign shared libraries that they load, oneDNN first.
foreach(library dnnl::dnnl hwy::hwy fmt::fmt)
  get_target_property(kind ${library} TYPE)
  if(kind STREQUAL SHARED_LIBRARY)
    install(FILES $<TARGET_FILE:${library}> DESTINATION lib
            RENAME $<TARGET_SONAME_FILE_NAME:${library}>)
  endif()
endforeach()
