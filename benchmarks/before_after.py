"""Compares the project with an earlier commit of itself: marts must be equal; build times.

    python benchmarks/before_after.py 6075e96               compares the marts and the lines of code
    python benchmarks/before_after.py e7bbc84 --times 5     measures builds of the sample, in turns

The marts are compared on the sample, a generated week and folders full of damage (those of
tests/python/test_fuzz.py). Columns and marts that only one of the commits has are listed, and all
others must be equal. The measurements go to benchmarks/results/before_after.md.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import duckdb
from bench import BIN, BUILD, REAL_WEEK_DAYS, ROOT, Project, generate_fleet, measure
from report import RESULTS, ratio_row, table, verdict

sys.path += [str(ROOT / "tests/python")]
from marts import marts_of_file, marts_that_differ

FUZZ_SEEDS = range(40)
# The project's machinery: lines of SQL and Python, without the generator.
MACHINERY = ["macros/**/*.sql", "plugins/*.py", "models/staging/*.sql"]
GENERATOR = "macros/fleet/"
LIMITS = {  # seconds of this commit over those of the earlier one
    "`dbt build` of the sample from nothing, without unit tests": 0.65,
    "`make build` of the sample with nothing new": 0.15,
}


def lines_of_machinery(root):
    """Lines of SQL and Python, including empty lines and comments."""
    return sum(
        len(file.read_text(encoding="utf-8").splitlines())
        for pattern in MACHINERY
        for file in root.glob(pattern)
        if GENERATOR not in str(file)
    )


def landing_folders(folder):
    """{name: landing folder}: the sample, a week, and damage of all kinds."""
    generate_fleet(folder, folder / "week", days=REAL_WEEK_DAYS)
    from test_fuzz import write_folder

    damaged = folder / "damaged"
    damaged.mkdir()
    for seed in FUZZ_SEEDS:
        write_folder(damaged, seed)
    return {"sample": ROOT / "data/sample", "week": folder / "week", "damaged files": damaged}


def compare_marts(folder, roots):
    """A sentence for each difference between the marts of two checkouts."""
    for name, landing in landing_folders(folder).items():
        projects = [
            Project(folder / f"{name} {number}", landing, root) for number, root in enumerate(roots)
        ]
        for project in projects:
            project.dbt(*BUILD)
        with duckdb.connect() as connection:
            before, after = (
                marts_of_file(connection, project.warehouse, alias)
                for project, alias in zip(projects, ("before", "after"), strict=True)
            )
            different = list(marts_that_differ(connection, before, after))
        print(f"{name}: {len(before)} and {len(after)} marts", *different, sep="\n  ", flush=True)


def make_build(project):
    """The command of `make build` in a checkout, without make, which would install its packages."""
    script = project.root / "scripts/build.py"
    command = [BIN / "python", script] if script.exists() else [BIN / "dbt", "--quiet", *BUILD]
    return measure([str(part) for part in command], project.environment, project.root)


def measure_builds(folder, roots, times):
    """{build: ([seconds of the earlier commit], [of this one])}, in turns."""
    projects = [
        Project(folder / f"sample {number}", ROOT / "data/sample", root)
        for number, root in enumerate(roots)
    ]
    seconds = {name: ([], []) for name in LIMITS}
    for number_of_round in range(times + 1):
        for number, project in enumerate(projects):
            project.put_back()
            first = project.dbt(*BUILD)
            make_build(project)
            second = make_build(project)
            if number_of_round:  # the first parses
                for name, run in zip(LIMITS, (first, second), strict=True):
                    seconds[name][number].append(run[0])
    return seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("commit", help="the earlier commit")
    parser.add_argument("--times", type=int, default=0, help="measure builds so often")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        earlier = folder / "earlier"
        subprocess.run(["git", "clone", "--quiet", ROOT, earlier], check=True)
        subprocess.run(["git", "-C", earlier, "checkout", "--quiet", arguments.commit], check=True)
        (earlier / ".venv").symlink_to(ROOT / ".venv")
        roots = [earlier, ROOT]
        lines = [lines_of_machinery(root) for root in roots]
        print(f"Lines of macros/, plugins/ and models/staging: {lines[0]} and {lines[1]}")
        if not arguments.times:
            return compare_marts(folder, roots)
        seconds = measure_builds(folder, roots, arguments.times)
    rows = [
        ratio_row(name, median(after), median(before), LIMITS[name])
        for name, (before, after) in seconds.items()
    ]
    rows.append(
        [
            "lines of SQL and Python in macros/, plugins/ and models/staging, without the "
            "generator",
            "≤ 2200",
            f"{lines[1]} (before: {lines[0]})",
            verdict(lines[1] <= 2200),
        ]
    )
    text = table(["", "aim", f"measured, over {arguments.commit}", ""], rows)
    (RESULTS / "before_after.md").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
