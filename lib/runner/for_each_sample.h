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

/// Runs samples 0 to count - 1, each by one call.
///   make_state()    what one thread works with, such as a Session; made once for each thread
///   run(i, state)   runs sample i; any thread calls it
///   Throws what `run` throws for the lowest sample, and Error(kInterrupted).
template <typename MakeState, typename Run>
void ForEachSample(size_t count, ThreadPool& threads, Progress& progress,
                   const MakeState& make_state, const Run& run) {
  using State = std::invoke_result_t<const MakeState&>;
  std::vector<std::unique_ptr<State>> states(static_cast<size_t>(threads.threads()));
  threads.Run(static_cast<int>(count), [&](int index, int worker) {
    ThrowIfInterrupted();
    std::unique_ptr<State>& state = states[static_cast<size_t>(worker)];
    if (!state) state.reset(new State(make_state()));
    run(static_cast<size_t>(index), *state);
    progress.Advance();
  });
}

/// The same for samples that give something. What they give is folded in their order, so that the
/// result does not depend on the number of threads; it waits only for earlier samples.
///   run(i, state)       -> result of sample i
///   fold(i, result&&)   called for i = 0, 1, 2..., by one thread at a time
///   Throws what `run` or `fold` throws too.
template <typename MakeState, typename Run, typename Fold>
void ForEachSample(size_t count, ThreadPool& threads, Progress& progress,
                   const MakeState& make_state, const Run& run, const Fold& fold) {
  using State = std::invoke_result_t<const MakeState&>;
  InOrder<std::invoke_result_t<const Run&, size_t, State&>> results(fold);
  ForEachSample(count, threads, progress, make_state,
                [&](size_t i, State& state) { results.Add(i, run(i, state)); });
}

}  // namespace qconvert
