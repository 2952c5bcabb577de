"""What sections share that compare trainings on a few networks: a table of scores, and the curves of validations."""

from bench.markdown import table
from whitepaper import cells, charts
from whitepaper.sections import Section
from whitepaper.sections.trained_8_bits import means


def score(study, name, method):
    """The cell, with a mark where the training won nothing on the validation and the untrained file was written."""
    training = study.result(name, method).training
    kept = max(point[2] for point in training["curve"]) <= training["plain"]
    return cells.cell(study, name, method) + (", untrained" if kept else "")


def scores(study, names, methods):
    rows = [(name, *(score(study, name, method) for method in methods.values())) for name in names]
    return table(("network", *methods), rows)


def drawn(study, names, methods, points):
    """A panel per network with the validation of each method, from its first to its last; the uppermost points of it."""
    curves = {
        name: {
            label: [value for _, _, value in study.result(name, method).training["curve"]]
            for label, method in methods.items()
        }
        for name in names
    }
    every = [value for lines in curves.values() for values in lines.values() for value in values]
    least = max(min(every), max(every) - points)
    return charts.panels("Validation, %, every 390 steps", curves, [], least - 0.1, max(every) + 0.1)


def chosen(study, names):
    return [name for name in study.trained if name in names]


def typed(methods):
    """'*frozen*: `qtune ...`; ...'."""
    return ";\n".join(f"*{label}*: `{method.command}`" for label, method in methods.items())


def section(study, networks, methods, text, picture, points=6, **more):
    """The section of a text with the places rows, typed and means, and the picture of that name."""
    names = chosen(study, networks)
    if not names:
        return Section("")
    found = {"rows": scores(study, names, methods), "typed": typed(methods), "means": means(study, names, methods)}
    return Section(text.format(**found, **more), {picture: drawn(study, names, methods, points)})
