"""A build that goes on from the one before equals a build from nothing, whatever happened."""

import os
import random
import shutil

import pytest
from fleets import random_fleet, write_fleet
from landing import Warehouse, differences

STEPS = 8
FLEET = {"sites": 2, "components": 6, "days": 4, "duty": 0.4, "include_bad_rows": True}
FAULTS = {"faulty_share": 0.5, "fold_back_c": 106, "stale_alerts_per_component_day": 0.3}


@pytest.fixture(scope="module")
def deliveries(warehouse, tmp_path_factory):
    """Files of four days with faults and bad rows, and others full of edges about midnight."""
    folder = tmp_path_factory.mktemp("deliveries")
    arguments = {"landing_dir": str(folder / "all"), "seed": 3, **FLEET, **FAULTS}
    operation = ["run-operation", "generate_fleet", "--target", "scratch"]
    warehouse.dbt(*operation, "--args", str(arguments), landing_dir=folder)
    for number in range(3):
        chance = random.Random(number)
        write_fleet(folder / "edges", *random_fleet(chance), chance)
        for file in (folder / "edges").iterdir():
            file.rename(folder / "all" / f"{number} {file.name}")
    return sorted((folder / "all").iterdir())


def deliver(chance, landing, deliveries):
    """One thing that happens to a landing folder; returns what it was."""
    here = sorted(landing.iterdir())
    missing = [file for file in deliveries if not (landing / file.name).exists()]
    action = chance.choice(["add", "add", "add", "remove", "correct", "cut"])
    if action == "add" and missing:
        for file in chance.sample(missing, min(len(missing), chance.choice([1, 1, 4, 8]))):
            shutil.copy(file, landing)
            action += f" {file.name}"
        return action
    file = chance.choice(here)
    if action == "remove" and len(here) > 8:
        file.unlink()
    elif file.suffix == ".csv" and action == "cut":
        lines = file.read_bytes().splitlines(keepends=True)
        file.write_bytes(b"".join(lines[: max(1, len(lines) // 2)]))
    elif file.suffix == ".csv":
        # The size stays the same, only the time of change tells.
        file.write_bytes(file.read_bytes().replace(b"5,2022-03", b"6,2022-03"))
    else:
        action = "touch"
        os.utime(file, ns=(0, file.stat().st_mtime_ns + 1_000_000))
    return f"{action} {file.name}"


def published_tables(warehouse):
    """{table: rows}, ordered by all that is no figure of the engine's arithmetic."""
    tables = warehouse.rows(
        "select schema_name || '.' || table_name as name from duckdb_tables() "
        "where schema_name = 'marts' or table_name = 'stg_rejected_rows'"
    )
    return {
        table["name"]: sorted(
            (tuple(row.values()) for row in warehouse.rows(f"from {table['name']}")),
            key=lambda row: [str(value) for value in row if not isinstance(value, float)],
        )
        for table in tables
        if table["name"] != "marts.build_info"
    }


@pytest.fixture(scope="module")
def fresh_warehouse(tmp_path_factory, manifest):
    return Warehouse(tmp_path_factory.mktemp("fresh"), manifest)


def build_from_nothing(warehouse, landing, *arguments):
    warehouse.path.unlink(missing_ok=True)
    warehouse.dbt("seed", landing_dir=landing)
    warehouse.dbt("run", *arguments, landing_dir=landing)
    return published_tables(warehouse)


def test_any_history_ends_like_a_build_from_nothing(
    request, warehouse, fresh_warehouse, deliveries, tmp_path
):
    """A new, corrected, shortened or deleted file left something stale behind."""
    chance = random.Random(1)
    landing = tmp_path / "landing"
    landing.mkdir()
    signals = [file for file in deliveries if "signals_data" in file.name]
    for file in chance.sample(signals, 8):
        shutil.copy(file, landing)
    history = []
    for _ in range(STEPS * request.config.fleet_count // 25):
        warehouse.dbt("run", landing_dir=landing)
        different = list(
            differences(published_tables(warehouse), build_from_nothing(fresh_warehouse, landing))
        )
        assert not different, "\n".join([*history, *different])
        history.append(deliver(chance, landing, deliveries))
