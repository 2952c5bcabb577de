# Catch2::Catch2, version 2, or version 3 behind version 2's header.
find_package(Catch2 REQUIRED)
