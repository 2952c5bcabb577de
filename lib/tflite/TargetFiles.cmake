# Embeds the target profiles, targets/*.json, as what target_files.h declares.
file(GLOB target_files CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/targets/*.json)
foreach(file ${target_files})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(READ ${file} text)
  string(APPEND target_texts "    R\"json(${text})json\",\n")
endforeach()
set(target_source ${CMAKE_BINARY_DIR}/generated/targets/target_files.cc)
file(CONFIGURE OUTPUT ${target_source} @ONLY CONTENT [[
#include "lib/tflite/target_files.h"

namespace qconvert {
namespace {

constexpr std::string_view kTargetFiles[] = {
@target_texts@};

}  // namespace

std::span<const std::string_view> TargetFiles() { return kTargetFiles; }

}  // namespace qconvert
]])
target_sources(qconvert_tflite PRIVATE ${target_source})
