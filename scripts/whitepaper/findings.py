"""Statements of the paper, held against the tables' own figures."""

import dataclasses
import textwrap

from whitepaper import cells, paper, subjects

WIDTH = 118
SMALL = 1.0  # points; what the statements call little
DEPTHWISE = ("mobilenet_v1", "mobilenet", "nasnet")
ORDINARY = ("inception", "resnet", "resnet_deep")
LIKENED = DEPTHWISE + ORDINARY

TEXT = """\
## What follows the paper, and what contradicts it

Little means less than {small:g} point. The figures of the tables below decide which paragraph a sentence stands in.

**What follows it.** {follows}

**What contradicts it.** {contradicts}
{undecided}"""


@dataclasses.dataclass(frozen=True)
class Finding:
    """A statement of the paper, whether the figures agree, and the figures."""

    statement: str
    holds: bool | None  # None: the figures are chance
    figures: str

    def sentence(self):
        statement = f"*{self.statement}* does not hold" if self.holds is False else self.statement
        return f"{statement}: {self.figures}."


def drops(study, names, method):
    """{network: points against float}."""
    return {name: cells.drop(study, name, method)[0] for name in names}


def is_lost(study, name, method):
    """Whether the 95 % interval of the points against float lies below zero."""
    mean, margin = cells.drop(study, name, method)
    return mean + margin < 0


def listed(figures, form="{:+.2f}"):
    return ", ".join(f"{name} {form.format(value)}" for name, value in figures.items())


def papers(figures, names, column):
    """{network: the paper's points against float on its like}."""
    return {name: paper.drops(figures, subjects.SUBJECTS[name].likeness)[column] for name in names}


def least(figures):
    """'-6.75 (mobilenet_v1)', the greatest loss."""
    name = min(figures, key=figures.get)
    return f"{figures[name]:+.2f} ({name})"


def text(study, statements):
    """What follows, what contradicts, and what the figures leave open, a paragraph each."""
    found = [statement(study) for statement in statements]
    follows, contradicts, undecided = (
        " ".join(one.sentence() for one in found if one.holds == holds) for holds in (True, False, None)
    )
    paragraphs = TEXT.format(
        small=SMALL,
        follows=follows or "Nothing.",
        contradicts=contradicts or "Nothing.",
        undecided=f"\n**What these networks leave open.** {undecided}\n" if undecided else "",
    )
    return "\n".join(textwrap.fill(line, WIDTH, break_on_hyphens=False) for line in paragraphs.split("\n"))
