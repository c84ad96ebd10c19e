"""What a day costs on top of a month: 30 days are loaded, then the 31st arrives.

Generates 31 days of the real week's fleet (about 36 million readings, 3.2 GB), and measures the
build of the 31st day alone, from nothing; of the 30 days before it, from nothing; then of the
31st on top of these; and a build with nothing new. Tests of the data are part of every build.

    python benchmarks/one_more_day.py [--days 31]
"""

import argparse
import shutil
import tempfile
from pathlib import Path

from real_week import BIN, ROOT, clean_environment, measure


def main():
    """Generates, measures in turn, writes the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=int, default=31, help="days in all (31)")
    days = parser.parse_args().days

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        month, alone = folder / "month", folder / "alone"
        alone.mkdir()
        environment = clean_environment(folder)
        dbt = str(BIN / "dbt")
        arguments = f"{{landing_dir: {month}, days: {days}}}"
        fleet = ["run-operation", "generate_fleet", "--target", "scratch", "--args", arguments]
        measure([dbt, "--quiet", *fleet], environment)
        names = sorted({file.name.split("'")[1] for file in month.glob("*signals_data*")})
        for file in month.glob(f"*signals_data*{names[-1]}*"):
            shutil.move(file, alone)

        def build(landing, warehouse):
            places = {"LANDING_DIR": str(landing), "WAREHOUSE_PATH": str(folder / warehouse)}
            command = [dbt, "--quiet", "build", "--exclude-resource-type", "unit_test"]
            return measure(command, environment | places)

        results = {"the last day alone": build(alone, "alone.duckdb")}
        results[f"{days - 1} days"] = build(month, "month.duckdb")
        for file in alone.iterdir():
            shutil.move(file, month)
        results[f"the last day on top of {days - 1}"] = build(month, "month.duckdb")
        results["nothing new"] = build(month, "month.duckdb")

    least = results["the last day alone"][0]
    lines = ["| build | wall s | CPU s | peak GB | over the day alone |", "|---|--:|--:|--:|--:|"]
    lines += [
        f"| {label} | {wall:.1f} | {cpu:.1f} | {peak:.1f} | {wall / least:.2f} |"
        for label, (wall, cpu, peak) in results.items()
    ]
    text = "\n".join(lines) + "\n"
    (ROOT / "benchmarks/results/one_more_day.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
