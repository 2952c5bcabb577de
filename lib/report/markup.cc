#include "lib/report/markup.h"

#include <nlohmann/json.hpp>

namespace qconvert {

std::string EscapeMarkup(const std::string& text) {
  using Json = nlohmann::json;
  const std::string valid = Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string escaped;
  for (char c : Json::parse(valid).get<std::string>()) {  // without bytes that are not UTF-8
    if (c == '<') {
      escaped += "&lt;";
    } else if (c == '>') {
      escaped += "&gt;";
    } else if (c == '&') {
      escaped += "&amp;";
    } else if (c == '"') {
      escaped += "&quot;";
    } else if (static_cast<unsigned char>(c) < ' ') {
      escaped += ' ';
    } else {
      escaped += c;
    }
  }
  return escaped;
}

}  // namespace qconvert
