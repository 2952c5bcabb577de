# Puts into the installed tree the foreign shared libraries that the executables load, in a folder of
# their own, since the system may have others of the same name; and the licences of everything foreign.
foreach(library dnnl::dnnl hwy::hwy fmt::fmt qconvert::jpeg qconvert::png qconvert::zlib qconvert::re2
                ${onnx_messages})
  get_target_property(kind ${library} TYPE)
  if(kind STREQUAL SHARED_LIBRARY)
    install(FILES $<TARGET_FILE:${library}> DESTINATION lib/qconvert
            RENAME $<TARGET_SONAME_FILE_NAME:${library}>)
  endif()
endforeach()

set(licences share/doc/qconvert)
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE ${CMAKE_SOURCE_DIR}/NOTICE DESTINATION ${licences})
# Debian says the licence of each package in one file.
foreach(package libcli11-dev libflatbuffers-dev libfmt-dev libgomp1 libhwy-dev libjpeg-dev libpng-dev
                libprotobuf-dev libre2-dev libspdlog-dev nlohmann-json3-dev zlib1g-dev)
  if(EXISTS /usr/share/doc/${package}/copyright)
    install(FILES /usr/share/doc/${package}/copyright DESTINATION ${licences}/licences
            RENAME ${package}.txt)
  endif()
endforeach()
