"""The text of docs/conformance.md."""

import re
import statistics

from bench import machine
from bench.markdown import table

TEXT = """\
# Conformance

Written by `scripts/conformance`, all of it: do not edit. {versions}.

What [operators.md](operators.md) lists is tried here: ONNX's own node tests, and whole networks. `test/peers` measures a
seeded sample anew in each run of the suite and fails when it is worse.

## Node tests

{total} tests come with the package. Left out: {left_out}. Of the other {cases}, {right} are right in LiteRT, {refused} are
refused with a reason, {wrong} are wrong. Each is converted twice, every operand an input, and all but the first constants,
and the better one counts; one that is wrong makes the test wrong. Results may differ by the test's own tolerance or 1e-4 of
their range. LiteRT's sums and products end at the largest float: infinities count as that.

{wrong_list}

| reason for the refusal | tests | operators |
|-|-|-|
{reasons}

## Operators

- *float*: tests whose float file is right in LiteRT. An operator's tests contain those of its expansion into others.
- *int8*: of the tests with a real result, those whose int8 file has integer operators alone. *dB*: the median of what
  LiteRT computes of them, calibrated on the test's own input. A value of -inf or NaN has no int8 form; those are not counted.
- *agree*: of the tests whose files were made, those in which our reference kernels give what LiteRT gives: float within
  1e-4 of the range, int8 within 2 steps.

{operators}

## Networks

Weights are random: decibels compare forms, they are not accuracy. Eight samples calibrate, four others are judged.

- *float*: the largest difference between LiteRT and ONNX Runtime, as a share of the output's range.
- *int8*: dB of the file in LiteRT, beside ONNX Runtime's float run. *ours*: the same file by our reference kernels.
- *MACs*: the share of multiply-adds in integers. *T*: TRANSPOSEs. *islands*: groups of float operators between integer
  ones, and what they consist of.

{networks}

What is refused:

{refusals}
"""


def verdict(outcome):
    ours = "right" if outcome.ours_right else "not right either"
    message = re.sub(r"RuntimeError: \S+ \S+ was not true\.|Node number .*", "", outcome.wrong)
    return f"{message} in LiteRT; by our reference kernels the float file is {ours}"


def counted(things):
    return ", ".join(f"{count} {what}" for what, count in things)


def kind_of(reason):
    """A reason without the names, shapes and numbers of one case."""
    text = re.sub(r"^[\w. ]+?: ", "", reason)
    text = re.sub(r"'[^']*'", "...", text)
    return re.sub(r"\b\d+( x \d+|x\d+)*\b", "N", text)


def reasons_table(outcomes):
    by_kind = {}
    for outcome in outcomes:
        if outcome.refused:
            by_kind.setdefault(kind_of(outcome.refused), []).append(outcome.operator)
    rows = sorted(by_kind.items(), key=lambda item: -len(item[1]))
    return "\n".join(f"| {kind} | {len(found)} | {', '.join(sorted(set(found)))} |" for kind, found in rows)


def operators_table(outcomes):
    by_operator = {}
    for outcome in outcomes:
        by_operator.setdefault(outcome.operator, []).append(outcome)
    rows = []
    for operator, found in sorted(by_operator.items()):
        made = [one for one in found if not one.refused]
        real = [one for one in made if one.decibels is not None]
        decibels = [min(one.decibels, 99) for one in real if one.integer]
        rows.append((operator, str(len(found)), str(len(made)), str(sum(one.right for one in made)),
                     f"{len(decibels)} of {len(real)}" if real else "", f"{statistics.median(decibels):.0f}" if decibels else "",
                     "" if not made else "all" if all(one.agrees for one in made) else
                     f"{sum(one.agrees for one in made)} of {len(made)}"))
    return table(("operator", "tests", "imports", "float", "int8", "dB", "agree"), rows)


def networks_table(rows):
    lines = []
    for row in rows:
        if row.refused:
            lines.append((row.name, row.what, str(row.nodes), "refused", "", "", "", "", ""))
            continue
        head = (row.name, row.what, str(row.nodes), f"{row.float_error:.0e}")
        if row.int8_refused:
            lines.append((*head, "refused", "", "", "", ""))
            continue
        floats = ", ".join(f"{count} {kind}" for kind, count in sorted(row.floats.items(), key=lambda item: -item[1]))
        islands = f"{row.islands}: {floats}" if floats else "none"
        lines.append((*head, f"{row.decibels:.1f}", f"{row.our_decibels:.1f}", f"{100 * row.integer_share:.0f} %",
                      str(row.transposes), islands))
    return table(("network", "what", "nodes", "float", "int8", "ours", "MACs", "T", "islands"), lines)


def document(total, left_out, outcomes, rows):
    wrong = [one for one in outcomes if one.wrong]
    refused = [one for one in outcomes if one.refused]
    return TEXT.format(
        versions=f"qconvert {machine.our_version()}, LiteRT {machine.version('ai-edge-litert')}, onnx "
                 f"{machine.version('onnx')}, ONNX Runtime {machine.version('onnxruntime')}",
        total=total,
        left_out=counted(sorted(left_out.items(), key=lambda item: -item[1])),
        cases=len(outcomes),
        right=sum(one.right for one in outcomes),
        refused=len(refused),
        wrong=len(wrong),
        wrong_list="\n".join(f"- `{one.name}`: {verdict(one)}." for one in wrong) or "None is wrong.",
        reasons=reasons_table(outcomes),
        operators=operators_table(outcomes),
        networks=networks_table(rows),
        refusals="\n".join(f"- {row.name}: {row.refused or row.int8_refused}" for row in rows
                           if row.refused or row.int8_refused) or "nothing.",
    )
