// The public API: convert a model, compare two models, time one, train one. cmd/ is one user of it.
// Standard headers only, here and in what it includes. The shared library exports what is declared
// there.
#pragma once

#include "lib/api/benchmark.h"
#include "lib/api/convert.h"
#include "lib/api/evaluate.h"
#include "lib/api/reports.h"
#include "lib/api/tune.h"
#include "lib/base/error.h"
