"""Puts the benchmarks' tables into the README and docs/, between their markers.

python benchmarks/readme.py
"""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks/results"
# The figures of the README.
FOR_USERS = [
    "`make build` from nothing, over pandas",
    "`make build` of the sample with nothing new",
    "on top of the others, over it alone",
]


def first_table(name):
    """The lines of the first table of a result: its head, the rule and the rows."""
    markdown = (RESULTS / f"{name}.md").read_text(encoding="utf-8")
    table = re.search(r"^\|.*?(?=\n\n|\Z)", markdown, re.MULTILINE | re.DOTALL)
    return table.group().rstrip().splitlines()


def blocks():
    """{file: {marker: the text between the two markers}}."""
    head, rule, *rows = first_table("bench")
    rows += first_table("before_after")[2:]
    few = [row for row in rows if any(words in row for words in FOR_USERS)]
    watch = "\n".join(first_table("watch"))
    return {
        "README.md": {"bench": "\n".join([head, rule, *few]), "watch": watch},
        "docs/methods.md": {"watchlist": "\n".join(first_table("watchlist")), "watch": watch},
        "docs/performance.md": {"bench": "\n".join([head, rule, *rows])},
    }


def main():
    """Rewrites the files."""
    for name, tables in blocks().items():
        path = ROOT / name
        text = path.read_text(encoding="utf-8")
        for marker, table in tables.items():
            start, end = f"<!-- {marker} -->\n", f"<!-- /{marker} -->"
            before, rest = text.split(start)
            text = f"{before}{start}\n{table}\n\n{end}{rest.split(end)[1]}"
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
