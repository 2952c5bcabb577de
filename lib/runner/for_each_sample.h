// The loop over samples: each is run on some thread, the results are folded in the order of the
// samples. Comes after samples/ have been opened; calibration/ and evaluation/ say what is run.
#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "lib/base/in_order.h"
#include "lib/base/interrupt.h"
#include "lib/base/parallel_for.h"
#include "lib/base/progress.h"

namespace qconvert {

/// Runs samples 0 to count - 1 and folds what they give, so that the result does not depend on the
/// number of threads. Results wait only for those of earlier samples.
///   make_state()        what one thread works with, such as a Session; made once for each thread
///   run(i, state)       -> result of sample i; any thread calls it
///   fold(i, result&&)   called for i = 0, 1, 2..., by one thread at a time
///   Throws what `run` or `fold` throws for the lowest sample, and Error(kInterrupted).
template <typename MakeState, typename Run, typename Fold>
void ForEachSample(size_t count, ThreadPool& threads, Progress& progress,
                   const MakeState& make_state, const Run& run, const Fold& fold) {
  using State = std::invoke_result_t<const MakeState&>;
  using Result = std::invoke_result_t<const Run&, size_t, State&>;
  std::vector<std::unique_ptr<State>> states(static_cast<size_t>(threads.threads()));
  InOrder<Result> results(fold);
  threads.Run(static_cast<int>(count), [&](int index, int worker) {
    ThrowIfInterrupted();
    std::unique_ptr<State>& state = states[static_cast<size_t>(worker)];
    if (!state) state.reset(new State(make_state()));
    const auto i = static_cast<size_t>(index);
    results.Add(i, run(i, *state));
    progress.Advance();
  });
}

}  // namespace qconvert
