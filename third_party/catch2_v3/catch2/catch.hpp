// Catch2 version 3 under the names and with the main() of version 2, which our tests are written for.
#pragma once

#include <catch2/catch_all.hpp>

namespace Catch {
template <typename T>
using MatcherBase = Matchers::MatcherBase<T>;
}  // namespace Catch

using Catch::Approx;

#ifdef CATCH_CONFIG_MAIN
int main(int argc, char** argv) { return Catch::Session().run(argc, argv); }
#endif
