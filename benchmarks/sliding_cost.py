"""Compares the cost of overheated periods in this checkout with that in another one.

    python benchmarks/sliding_cost.py OTHER                      the generated real week
    python benchmarks/sliding_cost.py OTHER --landing folder     any landing folder instead

OTHER is a folder with another version of the project, for example:

    git worktree add ../before e7bbc84

Each checkout loads the folder once. Then both take turns to build the models of the periods and of
their power, from nothing: once unmeasured and five times measured, all with the dbt of this
checkout. A second round has a threshold that nearly all windows exceed. The medians go to
benchmarks/results/sliding_cost.md.
"""

import argparse
import json
import os
import subprocess
import tempfile
from importlib.metadata import version
from pathlib import Path
from statistics import median

import duckdb
from bench import MEMORY_GB, REAL_WEEK_DAYS, ROOT, Project, generate_fleet, tell
from report import medians, table

RESULT = ROOT / "benchmarks/results/sliding_cost.md"
# The model of the periods: here, and in versions whose periods end at a reading.
PERIODS = ["int_sliding_periods", "int_rolling_windows"]
# The power in the periods. Where int_period_power exists, overheated_windows only reads it.
POWER = ["int_period_power", "overheated_windows"]
LIMIT = 2
USUAL_C, LOW_C = 105, 40


class Checkout:
    """One version of the project on the landing folder, with its own warehouse."""

    def __init__(self, root, folder, landing, threshold_c):
        self.project = Project(folder, landing, root)
        self.arguments = ["--vars", json.dumps({"overheat_threshold_c": threshold_c})]
        models = {path.stem for path in (root / "models").rglob("*.sql")}
        (self.periods,) = models.intersection(PERIODS)
        self.models = [self.periods, *(model for model in POWER if model in models)]
        self.seconds, self.processes = [], []

    def prepare(self):
        """Loads the folder, and runs the models once unmeasured."""
        self.project.dbt("seed", *self.arguments)
        self.project.dbt("run", "--select", f"+{POWER[-1]}", *self.arguments)

    def measure(self):
        """One full refresh of the models, and of the models between them."""
        between = f"{self.periods}+1,+{POWER[-1]}"
        selected = ["--select", *self.models, between]
        run = self.project.dbt("run", "--full-refresh", *selected, *self.arguments)
        seconds, _ = self.project.node_seconds()
        self.seconds.append([seconds[model] for model in self.models])
        self.processes.append(run)

    def row_counts(self):
        """The number of rows of each model."""
        with duckdb.connect(f"{self.project.warehouse}.work", read_only=True) as connection:
            return [
                connection.execute(f"select count(*) from {schema}.{model}").fetchone()[0]
                for model in self.models
                for schema in ["intermediate" if model.startswith("int_") else "marts"]
            ]

    def total(self):
        """Median total seconds of the models."""
        return median(map(sum, self.seconds))


def compare(roots, folder, landing, threshold_c, runs):
    """Both checkouts at one threshold, in turns."""
    checkouts = {}
    for name, root in roots.items():
        tell(f"{threshold_c} °C, {name}: loading")
        checkouts[name] = Checkout(root, folder / f"{name}_{threshold_c}", landing, threshold_c)
        checkouts[name].prepare()
    for run in range(runs):
        tell(f"{threshold_c} °C: round {run + 1} of {runs}")
        for checkout in checkouts.values():
            checkout.measure()
    return checkouts


def rows_of(threshold_c, checkouts):
    """The rows of the table for one threshold."""
    for name, checkout in checkouts.items():
        counts = checkout.row_counts()
        for place, model in enumerate(checkout.models):
            seconds = [figures[place] for figures in checkout.seconds]
            yield [
                *(f"{threshold_c} °C", name, f"`{model}`", f"{counts[place]:,}"),
                *(f"{median(seconds):.2f}", f"{min(seconds):.2f} to {max(seconds):.2f}", "", ""),
            ]
        _, cpu, peak = medians(checkout.processes)
        yield [
            *(f"{threshold_c} °C", name, "together", ""),
            *(f"{checkout.total():.2f}", "", f"{cpu:.1f}", f"{peak:.2f}"),
        ]


def commit_of(root):
    """The short hash of a checkout's commit."""
    command = ["git", "-C", str(root), "describe", "--always", "--dirty"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def verdict(threshold_c, checkouts):
    """One sentence: the ratio to the other checkout's cost."""
    one, other = checkouts["this"].total(), checkouts["other"].total()
    text = f"{threshold_c} °C: {one / other:.2f} times the other checkout"
    text += f" ({one:.2f} s / {other:.2f} s)"
    if threshold_c == USUAL_C:
        text += f", {'within' if one <= LIMIT * other else '**above**'} the limit of {LIMIT}"
    return f"- {text}."


def main():
    parser = argparse.ArgumentParser(prog="sliding_cost", description=__doc__.splitlines()[0])
    parser.add_argument("other", type=Path, help="a folder with another version of the project")
    parser.add_argument("--landing", type=Path, help="a landing folder that is there already")
    parser.add_argument("--runs", type=int, default=5, help="measured runs of each (5)")
    parser.add_argument("--low-runs", type=int, default=3, help=f"the same at {LOW_C} °C (3)")
    parser.add_argument("--result", type=Path, default=RESULT, help="the file to write")
    arguments = parser.parse_args()
    roots = {"this": ROOT, "other": arguments.other.resolve()}
    load = os.getloadavg()[0]
    commits = {name: commit_of(root) for name, root in roots.items()}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        landing = arguments.landing and arguments.landing.resolve()
        if not landing:
            tell("generating the real week")
            landing = folder / "landing"
            generate_fleet(folder, landing, days=REAL_WEEK_DAYS)
        thresholds = {USUAL_C: arguments.runs, LOW_C: arguments.low_runs}
        measured = {
            threshold_c: compare(roots, folder, landing, threshold_c, runs)
            for threshold_c, runs in thresholds.items()
            if runs
        }
        rows = [row for item in measured.items() for row in rows_of(*item)]
    lines = [
        "# What sliding periods cost",
        f"Written by `benchmarks/sliding_cost.py`: commit {commits['this']} (this) and "
        f"{commits['other']} (other) in turns, DuckDB {version('duckdb')}, {os.cpu_count()} cores, "
        f"{MEMORY_GB:.0f} GB of memory, load average before {load:.1f}. Seconds are medians of "
        "dbt's time for a model, built from nothing. CPU time and memory are of dbt's whole "
        "process, with its start and with the model between the two.",
        "\n".join(verdict(*item) for item in measured.items()),
        table(
            ["threshold", "checkout", "model", "rows", "median s", "range s", "CPU s", "peak GB"],
            rows,
        ),
    ]
    arguments.result.write_text("\n\n".join(lines) + "\n", encoding="utf-8")
    print(arguments.result.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
