// Flags that several executables share: of a conversion, which qtune begins with, and of the work.
#pragma once

#include <string>

#include "lib/qconvert.h"

namespace CLI {
class App;
}  // namespace CLI

namespace qconvert {

/// Adds the model, --output, --io and --layout.
void AddModelFlags(CLI::App& app, ConvertOptions& options);

/// Adds --activation-bits.
void AddActivationBitsFlag(CLI::App& app, ConvertOptions& options);

/// Adds --all-layers.
void AddAllLayersFlag(CLI::App& app, ConvertOptions& options);

/// Adds --scheme.
void AddSchemeFlag(CLI::App& app, ConvertOptions& options);

/// Adds --allow-extensions.
void AddExtensionsFlag(CLI::App& app, ConvertOptions& options);

/// Adds --exclude and --wide.
void AddNodeFlags(CLI::App& app, ConvertOptions& options);

/// Adds --threads.
void AddThreadsFlag(CLI::App& app, int& threads, const std::string& help = "threads");

}  // namespace qconvert
