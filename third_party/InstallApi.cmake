# Puts into the installed tree what another program needs to use the library: find_package(qconvert)
# gives it the target qconvert::qconvert, and it includes <qconvert/qconvert.h>.
include(CMakePackageConfigHelpers)

# The public headers name each other as they lie here, below lib/.
set(public_headers ${CMAKE_BINARY_DIR}/include/qconvert)
foreach(header qconvert.h api/benchmark.h api/convert.h api/convert_options.h api/data_options.h
        api/evaluate.h api/figures.h api/reports.h api/tune.h base/error.h evaluation/gate_result.h quantization/recipe_row.h)
  set(source ${CMAKE_SOURCE_DIR}/lib/${header})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
  file(READ ${source} text)
  string(REPLACE "#include \"lib/" "#include \"qconvert/" text "${text}")
  file(CONFIGURE OUTPUT ${public_headers}/${header} CONTENT "${text}" @ONLY)
endforeach()
install(DIRECTORY ${public_headers} DESTINATION include)

target_include_directories(qconvert_shared INTERFACE $<INSTALL_INTERFACE:include>)
target_compile_features(qconvert_shared INTERFACE cxx_std_20)
install(TARGETS qconvert_shared EXPORT qconvert LIBRARY DESTINATION lib)
install(EXPORT qconvert NAMESPACE qconvert:: FILE qconvertConfig.cmake
        DESTINATION lib/cmake/qconvert)
set(version_file ${CMAKE_BINARY_DIR}/qconvertConfigVersion.cmake)
write_basic_package_version_file(${version_file} COMPATIBILITY SameMinorVersion)
install(FILES ${version_file} DESTINATION lib/cmake/qconvert)
