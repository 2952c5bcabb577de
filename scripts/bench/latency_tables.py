"""The tables of the latency section, from {network: {engine: milliseconds with each number of threads}}."""

import dataclasses
import statistics

from bench.latency_engines import ENGINES, OURS
from bench.markdown import table

PEERS_INT8 = "best int8 peer / our int8"
PEERS_BFLOAT16 = "OpenVINO bfloat16 / our int8"
PEERS_FLOAT = "best float32 peer / our float32"
OUR_FLOAT = "our float32 / our int8"
TWO_THREADS = "our int8, 1 thread / 2 threads"
SHORT_MS = 2  # less is too little to be divided among threads


@dataclasses.dataclass(frozen=True)
class Goal:
    comparison: str
    least: float
    networks: tuple = ()  # all, unless some are named
    summary: str = "worst"


GOALS = (
    Goal(PEERS_INT8, 1.3, summary="geometric mean"),
    Goal(PEERS_INT8, 1.05),
    Goal(PEERS_BFLOAT16, 1.3, summary="geometric mean"),
    Goal(PEERS_BFLOAT16, 1),
    Goal(PEERS_FLOAT, 1),
    Goal(OUR_FLOAT, 4, ("resnet50",)),
    Goal(TWO_THREADS, 1.6),
)
SUMMARIES = {"worst": min, "geometric mean": statistics.geometric_mean}


def cell(numbers):
    return " / ".join(f"{number:.2f}" for number in numbers) or "-"


def milliseconds(times):
    rows = [(name, *(cell(engines[engine]) for engine in ENGINES)) for name, engines in times.items()]
    return table(("network", *map(str, ENGINES)), rows)


def best(engines, precision, *, ours):
    """The least milliseconds with each number of threads, of ourselves or of the peers; nothing where all failed."""
    chosen = [ms for engine, ms in engines.items() if engine.precision == precision and (engine.name == OURS) == ours]
    return summarized(chosen, min)


def summarized(values, summary):
    """Of several lists of figures, those that are not empty, one figure per place."""
    return [summary(place) for place in zip(*filter(None, values))]


def divided(slower, faster):
    return [slow / fast for slow, fast in zip(slower, faster)]


def compared(engines):
    """{comparison: ratio with each number of threads} of one network, where more is better."""
    our_int8, our_float = (best(engines, precision, ours=True) for precision in ("int8", "float32"))
    return {
        PEERS_INT8: divided(best(engines, "int8", ours=False), our_int8),
        PEERS_BFLOAT16: divided(best(engines, "bfloat16", ours=False), our_int8),
        PEERS_FLOAT: divided(best(engines, "float32", ours=False), our_float),
        OUR_FLOAT: divided(our_float, our_int8),
        TWO_THREADS: divided(our_int8[:1], our_int8[1:]) if our_int8 and our_int8[0] > SHORT_MS else [],
    }


def ratios(times):
    """A row per network and one of their geometric means; without comparisons that no network has."""
    rows = {name: compared(engines) for name, engines in times.items()}
    columns = {key: [row[key] for row in rows.values()] for key in compared({})}
    columns = {key: column for key, column in columns.items() if any(column)}
    means = [cell(summarized(column, statistics.geometric_mean)) for column in columns.values()]
    body = [(name, *map(cell, cells)) for name, *cells in zip(rows, *columns.values())]
    return table(("network", *columns), [*body, ("geometric mean", *means)])


def goals(times):
    """A row per goal that something was measured for."""
    networks = {name: compared(engines) for name, engines in times.items()}
    rows = []
    for goal in GOALS:
        values = [ratios[goal.comparison] for name, ratios in networks.items() if name in (goal.networks or networks)]
        if measured := summarized(values, SUMMARIES[goal.summary]):
            reached = "yes" if min(measured) >= goal.least else "no"
            where = f"{goal.summary} of {', '.join(goal.networks) or 'all'}"
            rows.append((goal.comparison, where, f"{goal.least:g}", cell(measured), reached))
    return table(("goal", "where", "at least", "measured", "reached"), rows)
