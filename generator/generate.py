"""Generates a fleet. generator/README.md describes it and its parameters.

python generator/generate.py '{landing_dir: target/fleet, days: 2}'
python generator/generate.py data/sample.args.yml
"""

import argparse
import os
import sys
from datetime import date
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import duckdb
import yaml

HERE = Path(__file__).resolve().parent
DEFAULTS = {
    "landing_dir": None,
    "sites": 49,
    "assets": None,
    "components": 197,
    "days": 8,
    "start_date": "2022-03-12",
    "seed": 1,
    "faulty_share": 0.05,
    "fault_strength": 1.0,
    "hot_sites": None,
    "compression": "none",
    "include_bad_rows": False,
    "ambient_mean_c": 16.0,
    "site_spread_c": 1.6,
    "duty": 0.16,
    "session_minutes": 28.0,
    "thermal_time_constant_seconds": 300.0,
    "resistance_scale": 1.0,
    "resistance_spread": 0.06,
    "noise_c": 0.2,
    "temp_interval_seconds": 10.5,
    "power_interval_seconds": 5.5,
    "fold_back_c": 105.0,
    "stale_alerts_per_component_day": 0.033,
    "onset_share": 0,
    "growth_days": 0,
    "repair_share": 0,
    "season_swing_c": 0,
    "hot_site_excess_c": None,
    "fault_factor": None,
}
WHOLE_NUMBERS = {
    "sites": (1, 100_000),
    "components": (1, 1_000_000),
    "days": (1, 3660),
    "seed": (0, 1_000_000_000),
    "growth_days": (0, 3660),
}
NUMBERS = {
    "faulty_share": (0, 1),
    "fault_strength": (0, 10),
    "ambient_mean_c": (-40, 60),
    "site_spread_c": (0, 10),
    "duty": (0.001, 0.9),
    "session_minutes": (5, 90),
    "thermal_time_constant_seconds": (20, 3600),
    "resistance_scale": (0.05, 10),
    "resistance_spread": (0, 0.5),
    "noise_c": (0, 10),
    "temp_interval_seconds": (1, 60),
    "power_interval_seconds": (1, 60),
    "fold_back_c": (60, 1000),
    "stale_alerts_per_component_day": (0, 1),
    "onset_share": (0, 1),
    "repair_share": (0, 1),
    "season_swing_c": (0, 30),
}
# The first columns of a truth file identify it. Older versions wrote no others.
TRUTH_HEADER = (
    b"site_id,asset_id,component_id,fault_cause,fault_strength,fault_pole,"
    b"sensor_mode,site_excess_c,neg_resistance_ratio,pos_resistance_ratio"
)


# DuckDB cannot name a column with the empty string, so the header is a prefix. Each row is one
# text without quoting.
COPY = r"""
copy ({lines}) to ? (
    format csv, header false, delimiter E'\x01', quote '', escape '',
    prefix getvariable('header') || E'\n', suffix E'\n',
    compression getvariable('file_compression')
)
"""


def refuse(reason):
    sys.exit(f"generate_fleet: {reason}.")


def read_arguments(text):
    """The mapping on the command line, or in the file that it names."""
    try:
        if text.endswith((".yml", ".yaml")):
            text = Path(text).read_text(encoding="utf-8")
        arguments = yaml.safe_load(text) or {}
    except (OSError, ValueError, yaml.YAMLError) as error:
        refuse(f"the arguments cannot be read: {' '.join(str(error).split())}")
    if not isinstance(arguments, dict):
        refuse(f"the arguments must be a mapping, as in {{days: 2}}, not '{arguments}'")
    unknown = [str(name) for name in arguments if name not in DEFAULTS]
    if unknown:
        names = "', '".join(unknown)
        refuse(f"it has no argument '{names}'; there are {', '.join(DEFAULTS)}")
    return DEFAULTS | arguments


def check_number(options, name, least, greatest, is_whole=False):
    value = options[name]
    kind, types = ("a whole number", (int,)) if is_whole else ("a number", (int, float))
    if type(value) not in types or not least <= value <= greatest:
        refuse(f"{name} must be {kind} from {least} to {greatest}, not '{value}'")


def check_options(options):
    """Refuses wrong arguments, and fills in those that follow from others."""
    folder = options["landing_dir"]
    if not folder or not isinstance(folder, str):
        refuse("landing_dir is missing; say which folder to write, as in {landing_dir: data/fleet}")
    options["landing_dir"] = folder.rstrip("/")
    if options["landing_dir"].split("/")[-1] in ("", ".", ".."):
        refuse(f"landing_dir must name a folder of its own, not '{folder}'")

    for name, limits in WHOLE_NUMBERS.items():
        check_number(options, name, *limits, is_whole=True)
    if options["assets"] is None:
        options["assets"] = min(round(options["sites"] * 1.04), options["components"])
    check_number(options, "assets", 1, 1_000_000, is_whole=True)
    if not options["sites"] <= options["assets"] <= options["components"]:
        refuse(
            "each site needs an asset and each asset a component, but there are {sites} sites, "
            "{assets} assets and {components} components".format_map(options)
        )
    for name, limits in NUMBERS.items():
        check_number(options, name, *limits)
    if options["hot_sites"] is None:
        options["hot_sites"] = int(options["faulty_share"] > 0)
    check_number(options, "hot_sites", 0, options["sites"], is_whole=True)
    if options["hot_site_excess_c"] is not None:
        check_number(options, "hot_site_excess_c", 0, 30)
    if options["fault_factor"] is not None:
        check_number(options, "fault_factor", 1, 10)

    if (compression := options["compression"]) not in ("none", "gzip", "zstd", "mixed"):
        refuse(f"compression must be none, gzip, zstd or mixed, not '{compression}'")
    if not isinstance(bad_rows := options["include_bad_rows"], bool):
        refuse(f"include_bad_rows must be true or false, not '{bad_rows}'")
    start_date = options["start_date"] = str(options["start_date"])
    try:
        is_date = date.fromisoformat(start_date).isoformat() == start_date
    except ValueError:
        is_date = False
    if not is_date:
        refuse(f"start_date must be a date as in 2022-03-12, not '{start_date}'")


def check_folder(folder, names):
    """Never overwrites a foreign file: the folder must be new or empty, or an earlier run wrote
    its truth file, and this run writes every file in it again."""
    if folder.exists() and not folder.is_dir():
        refuse(f"landing_dir '{folder}' is a file, not a folder")
    truth = Path(f"{folder}.truth.csv")
    if truth.is_file():
        if not truth.read_bytes().startswith(TRUTH_HEADER):
            refuse(
                f"'{truth}' exists and is not a truth file of an earlier run; choose another "
                "landing_dir or move it away"
            )
    else:
        names = []
    own = {folder / name for name in names}
    others = [file for file in folder.rglob("*") if not file.is_dir() and file not in own]
    if others:
        refuse(
            f"landing_dir '{folder}' already holds {len(others)} other file(s), such as "
            f"'{min(others)}'; name a new or an empty folder"
        )


def read_sql(name):
    return (HERE / f"{name}.sql").read_text(encoding="utf-8").rstrip().rstrip(";")


def generate(options):
    connection = duckdb.connect()

    def set_variables(values):
        for name, value in values.items():
            # A decimal, so that SQL computes with 0.1 exactly.
            value = Decimal(str(value)) if isinstance(value, float) else value
            connection.execute(f"set variable {name} = ?", [value])

    set_variables(options)
    connection.execute(read_sql("parameters"))
    files = connection.sql(read_sql("files"))
    files = [dict(zip(files.columns, file, strict=True)) for file in files.fetchall()]
    folder = Path(os.path.abspath(Path(options["landing_dir"]).expanduser()))
    check_folder(folder, [file["file_name"] for file in files])
    for name in ("functions", "components", "sessions", "phases", "sensor_events"):
        connection.execute(read_sql(name))

    folder.mkdir(parents=True, exist_ok=True)
    # The truth first: it marks the folder as the generator's own.
    connection.sql(read_sql("truth")).write_csv(f"{folder}.truth.csv")
    for day_no, files_of_day in groupby(files, itemgetter("day_no")):
        kind = "alert" if day_no is None else "signal"
        set_variables({"day_no": day_no})
        connection.execute(read_sql("alerts" if kind == "alert" else "readings"))
        copy = COPY.format(lines=read_sql(f"{kind}_lines"))
        for file in files_of_day:
            set_variables(file)
            connection.execute(copy, [str(folder / file["file_name"])])


def main():
    parser = argparse.ArgumentParser(description="Generates a fleet: see generator/README.md.")
    parser.add_argument("arguments", help="a YAML mapping, or the name of a .yml file")
    options = read_arguments(parser.parse_args().arguments)
    check_options(options)
    try:
        generate(options)
    except (KeyboardInterrupt, RuntimeError, duckdb.InterruptException) as error:
        if isinstance(error, RuntimeError) and str(error) != "Query interrupted":
            raise
        print(f"Interrupted: '{options['landing_dir']}' has a part of the fleet only.")
        sys.exit(130)
    except (duckdb.Error, OSError, ValueError) as error:
        refuse(" ".join(str(error).split()).rstrip("."))


if __name__ == "__main__":
    main()
