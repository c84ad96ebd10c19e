"""Puts the benchmarks' tables into the README, between their markers.

python benchmarks/readme.py
"""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks/results"


def first_table(markdown):
    """The first table of a Markdown text."""
    return re.search(r"^\|.*?(?=\n\n|\Z)", markdown, re.MULTILINE | re.DOTALL).group().rstrip()


def blocks():
    """What stands between each pair of markers in the README."""
    return {
        name: first_table((RESULTS / f"{name}.md").read_text(encoding="utf-8"))
        for name in ("bench", "watchlist")
    }


def main():
    """Rewrites the README."""
    path = ROOT / "README.md"
    text = path.read_text(encoding="utf-8")
    for name, block in blocks().items():
        start, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        before, rest = text.split(start)
        text = f"{before}{start}\n{block}\n\n{end}{rest.split(end)[1]}"
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
