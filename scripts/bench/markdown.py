"""Writes tables as Markdown."""


def table(header, rows):
    lines = [f"| {' | '.join(cells)} |" for cells in (header, *rows)]
    return "\n".join([lines[0], "|-" * len(header) + "|", *lines[1:]])
