"""Measures a build of the real week's size against the pandas notebook and a bare read.

Generates the default fleet (9.2 million readings, about 0.8 GB), then runs each contestant in
turn, several times, each from nothing and in a process of its own:

- build: `dbt build`, every model and every test, questions 1 to 4
- pandas: benchmarks/pandas_notebook.py, questions 1 and 2 only, by `resample` as a notebook
  would, and by `Grouper`
- floor: one typed read of the signal files by DuckDB that counts and sums, and answers nothing

The overheated windows of build and pandas are compared before any time is printed. The medians
go to benchmarks/results/real_week.md.

    python benchmarks/real_week.py [--runs 3]
"""

import argparse
import csv
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
FLOOR = """
import sys, duckdb
columns = {'': 'bigint', 'timestamp': 'bigint', 'SITE': 'varchar', 'ASSET': 'varchar',
           'COMPONENT': 'varchar', 'signal_name': 'varchar', 'VALUE': 'double',
           'event_date': 'varchar'}
duckdb.connect().execute(
    "select count(*), sum(VALUE), max(timestamp) from read_csv(?, header = true, columns = "
    + str({name or 'row_number': kind for name, kind in columns.items()}) + ")",
    [sys.argv[1] + "/*signals_data*"],
).fetchall()
"""


def measure(command, environment):
    """Runs a command and returns its wall seconds, CPU seconds and peak memory in GB."""
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    if status:
        raise SystemExit(f"{command[0]} failed")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024**2


def clean_environment(folder):
    """Of a process that dbt runs in: byte code is kept, and what dbt writes goes to the folder."""
    return {
        **{key: value for key, value in os.environ.items() if key[:6] != "PYTHON"},
        "DO_NOT_TRACK": "1",
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }


def same_answers(warehouse, answers_path):
    """Whether both name the same tumbling windows, with equal temperature and power."""
    with duckdb.connect(warehouse, read_only=True) as connection:
        ours = connection.execute(
            "select site_id, asset_id, component_id, signal_name, window_start::text,"
            " avg_temp_c, max_power_kw from marts.overheated_windows"
            " where window_method = 'tumbling' order by all"
        ).fetchall()
    with open(answers_path, newline="") as file:
        theirs = sorted(
            (*row[:5], float(row[5]), float(row[6]) if row[6] else None)
            for row in list(csv.reader(file))[1:]
        )
    return len(ours) == len(theirs) and all(
        a[:5] == b[:5] and abs(a[5] - b[5]) < 1e-9 and a[6] == b[6]
        for a, b in zip(sorted(ours), theirs, strict=True)
    )


def main():
    """Generates, measures, compares, writes the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3, help="runs of each contestant (3)")
    runs = parser.parse_args().runs

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        landing, warehouse, answers = folder / "week", folder / "week.duckdb", folder / "a.csv"
        places = {"LANDING_DIR": str(landing), "WAREHOUSE_PATH": str(warehouse)}
        environment = clean_environment(folder) | places
        dbt = str(BIN / "dbt")
        arguments = f"{{landing_dir: {landing}}}"
        fleet = ["run-operation", "generate_fleet", "--target", "scratch", "--args", arguments]
        generation = measure([dbt, "--quiet", *fleet], environment)

        pandas = [sys.executable, "benchmarks/pandas_notebook.py"]
        contestants = {
            "dbt build": [dbt, "--quiet", "build"],
            "pandas, resample": [*pandas, "resample", str(landing), str(answers)],
            "pandas, Grouper": [*pandas, "grouper", str(landing), str(answers)],
            "floor": [sys.executable, "-c", FLOOR, str(landing)],
        }
        results = {name: [] for name in contestants}
        for _ in range(runs):
            for contestant, command in contestants.items():
                for file in (warehouse, Path(f"{warehouse}.work")):
                    file.unlink(missing_ok=True)
                results[contestant].append(measure(command, environment))
                if contestant == "dbt build":
                    warehouse.rename(folder / "built.duckdb")
                elif contestant != "floor" and not same_answers(folder / "built.duckdb", answers):
                    raise SystemExit(f"dbt and {contestant} do not name the same windows.")

        size = sum(file.stat().st_size for file in landing.iterdir()) / 1e9
        with duckdb.connect(folder / "built.duckdb", read_only=True) as connection:
            row_count = connection.execute(
                "select sum(row_count) from marts.load_audit"
            ).fetchone()[0]
        medians = {
            name: [statistics.median(column) for column in zip(*rows, strict=True)]
            for name, rows in results.items()
        }
    answered = {
        "dbt build": "1 to 4, every test",
        "pandas, resample": "1 and 2, tumbling windows only",
        "pandas, Grouper": "1 and 2, tumbling windows only",
        "floor": "none: one typed read",
    }
    lines = [
        f"{row_count / 1e6:.1f} million rows, {size:.2f} GB of CSV; medians of {runs} runs in "
        f"turn, {os.cpu_count()} cores. Generating the fleet took {generation[0]:.0f} s.",
        "",
        "| | answers questions | wall s | CPU s | peak GB | wall over resample |",
        "|---|---|--:|--:|--:|--:|",
    ]
    for contestant, (wall, cpu, peak) in medians.items():
        ratio = wall / medians["pandas, resample"][0]
        lines.append(
            f"| {contestant} | {answered[contestant]} | {wall:.1f} | {cpu:.1f} | {peak:.1f} "
            f"| {ratio:.2f} |"
        )
    text = "\n".join(lines) + "\n"
    (ROOT / "benchmarks/results").mkdir(exist_ok=True)
    (ROOT / "benchmarks/results/real_week.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
