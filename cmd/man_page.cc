#include "cmd/man_page.h"

#include <algorithm>
#include <vector>

#include <CLI/CLI.hpp>
#include <spdlog/fmt/fmt.h>

#include "cmd/help_text.h"

namespace qconvert {
namespace {

/// Returns text that troff prints as it stands.
std::string Plain(const std::string& text) {
  std::string plain;
  for (const char c : text) {
    const bool begins = plain.empty() || plain.back() == '\n';
    if (begins && (c == '.' || c == '\'')) plain += "\\&";
    plain += c == '\\' ? "\\e" : c == '-' ? "\\-" : std::string(1, c);
  }
  return plain;
}

std::string Bold(const std::string& text) { return "\\fB" + Plain(text) + "\\fR"; }
std::string Italic(const std::string& text) { return "\\fI" + Plain(text) + "\\fR"; }

/// Returns one option: its names, its value, and what it does.
std::string Entry(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : NamesOf(option)) names.push_back(Bold(name));
  const std::string value = ValueOf(option);
  return fmt::format(".TP\n{}{}\n{}\n", fmt::join(names, ", "),
                     value.empty() ? "" : " " + Italic(value), Plain(HelpOf(option)));
}

std::string Entries(const std::vector<const CLI::Option*>& options) {
  std::string text;
  for (const CLI::Option* option : options) text += Entry(*option);
  return text;
}

std::string Section(const std::string& title, const std::string& text) {
  return fmt::format(".SH {}\n{}{}", title, text, text.ends_with('\n') ? "" : "\n");
}

/// Returns lines as they are broken.
std::string Unfilled(const std::string& text) { return ".nf\n" + Plain(text) + "\n.fi\n"; }

std::string Synopsis(const CLI::App& app) {
  std::string text = Bold(app.get_name()) + " [" + Italic("OPTIONS") + "]";
  for (const CLI::Option* option : PositionalsOf(app)) {
    text += " [" + Italic(option->get_name(true)) + "]";
  }
  return text;
}

/// Returns the examples and the exit codes, which are the footer of --help.
std::string Footer(const CLI::App& app) {
  const std::string footer = app.get_footer();
  static const std::string kExamples = "Examples:\n", kCodes = "\nExit codes: ";
  const size_t codes = footer.find(kCodes);
  const size_t examples = footer.find(kExamples) + kExamples.size();
  return Section("EXAMPLES", Unfilled(footer.substr(examples, codes - examples))) +
         Section("EXIT STATUS", Plain(footer.substr(codes + kCodes.size())));
}

/// Returns "name(1)" of the other commands.
std::string OtherPages(const std::string& name) {
  std::string pages;
  for (const std::string& other : CommandNames()) {
    if (other != name) pages += (pages.empty() ? "" : ", ") + Bold(other) + "(1)";
  }
  return pages;
}

}  // namespace

std::string ManPage(const CLI::App& app) {
  const std::string name = app.get_name();
  std::string title = name;
  std::transform(title.begin(), title.end(), title.begin(), ::toupper);
  const std::string about = app.get_description();
  return fmt::format(".TH {} 1 \"\" \"qconvert {}\" \"User Commands\"\n", title, QCONVERT_VERSION) +
         Section("NAME", name + " \\- " + Plain(about.substr(0, about.find_last_not_of('.') + 1))) +
         Section("SYNOPSIS", Synopsis(app)) + Section("DESCRIPTION", Plain(about)) +
         Section("ARGUMENTS", Entries(PositionalsOf(app))) +
         Section("OPTIONS", Entries(OptionsOf(app))) + Footer(app) +
         Section("SEE ALSO", OtherPages(name));
}

}  // namespace qconvert
