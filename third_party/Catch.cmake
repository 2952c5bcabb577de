# Catch2::Catch2: version 2, or version 3 behind version 2's header.
find_package(Catch2 REQUIRED)
if(Catch2_VERSION VERSION_GREATER_EQUAL 3)
  target_include_directories(Catch2::Catch2 INTERFACE ${CMAKE_SOURCE_DIR}/third_party/catch2_v3)
endif()
