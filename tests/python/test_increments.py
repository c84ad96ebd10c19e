"""An incremental build equals a build from nothing, whatever happened before."""

import json
import os
import random
import shutil
import sys

import duckdb
import pytest
from compiled import CompiledWarehouse
from fleets import random_fleet, write_fleet
from landing import ROOT, SIGNAL_HEADER, differences, generate_fleet

STEPS = 10
KINDS = ["files", "catalog", "inspections", "code", "inspections", "variable", "files"]
VARIABLES = {  # the default first
    "overheat_threshold_c": [105, 104, 106],
    "session_gap_seconds": [300, 60],
    "window_seconds": [30, 60],
    "reading_max_age_seconds": [60, 10],
    "sensor_suspect_seconds": [600, 100],
    "watch_days": [7, 2],
}
CATALOG_CHANGES = [
    "update reference.alert_catalog set foldback_temp_c = foldback_temp_c - 12",
    "update reference.signal_catalog set overheat_threshold_c = 104 where quantity = 'temperature'",
    "update reference.alert_catalog set is_temperature_related = not is_temperature_related",
    "update reference.signal_catalog set max_plausible = 110 where quantity = 'temperature'",
    "delete from reference.temperature_words where word like 'temp%'",
    "update reference.cause_catalog set next_step = 'Ask'",
]
FLEET = {"sites": 2, "components": 6, "days": 4, "duty": 0.4, "include_bad_rows": True}
FAULTS = {"faulty_share": 0.5, "fold_back_c": 106, "stale_alerts_per_component_day": 0.3}


@pytest.fixture(scope="module")
def deliveries(tmp_path_factory):
    """Files of four days with faults and bad rows, and others full of edge cases at midnight."""
    folder = tmp_path_factory.mktemp("deliveries")
    arguments = {"landing_dir": str(folder / "all"), "seed": 3, **FLEET, **FAULTS}
    run = generate_fleet(arguments)
    assert run.returncode == 0, run.stderr
    for number in range(3):
        chance = random.Random(number)
        write_fleet(folder / "edges", *random_fleet(chance), chance)
        for file in (folder / "edges").iterdir():
            file.rename(folder / "all" / f"{number} {file.name}")
    return sorted((folder / "all").iterdir())


def deliver(chance, landing, deliveries):
    """One random event for a landing folder; returns what it was."""
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
        # The size stays the same, only the time of change differs.
        file.write_bytes(file.read_bytes().replace(b"5,2022-03", b"6,2022-03"))
    else:
        action = "touch"
        os.utime(file, ns=(0, file.stat().st_mtime_ns + 1_000_000))
    return f"{action} {file.name}"


def inspect(chance, warehouse, landing):
    """Writes a new file of inspections of components that are in the warehouse."""
    ids = warehouse.rows(
        "select site_id, asset_id, component_id from marts.component_watchlist order by all"
    )
    lines = ["date,SITE,ASSET,COMPONENT,result"]
    for component in chance.sample(ids, 4):
        day = chance.randint(11, 16)
        result = chance.choice(["repaired", "repaired", "no_fault", "confirmed"])
        lines.append(f"2022-03-{day},{','.join(component.values())},{result}")
    (landing / "inspections.csv").write_text("\n".join(lines) + "\n")
    return " ".join(lines)


def published_tables(warehouse):
    """{table: rows}, each ordered, the rows by the columns that are not floats."""
    tables = warehouse.rows(
        "select schema_name || '.' || table_name as name from duckdb_tables() "
        "where schema_name = 'marts'"
    )
    return {
        table["name"]: sorted(
            (
                tuple(row[name] for name in sorted(row))
                for row in warehouse.rows(f"from {table['name']}")
            ),
            key=lambda row: [str(value) for value in row if not isinstance(value, float)],
        )
        for table in tables
        if table["name"] != "marts.build_info"
    }


def change_variable(chance, variables):
    name = chance.choice(sorted(VARIABLES))
    now = variables.get(name, VARIABLES[name][0])
    variables[name] = chance.choice([value for value in VARIABLES[name] if value != now])
    return f"{name}: {variables[name]}"


class Code:
    """The SQL of the models before the marts that have a component, as dbt has read it."""

    def __init__(self, manifest, compiler):
        self.manifest, self.compiler = manifest, compiler
        self.models = {
            node.name: node
            for node in manifest.nodes.values()
            if node.resource_type == "model"
            and node.access != "public"
            and "component_id" in node.columns
        }
        self.originals = {name: model.raw_code for name, model in self.models.items()}

    def change(self, chance):
        """Makes a model leave out some components; if one already does, restores its SQL."""
        altered = [
            name for name in self.models if self.models[name].raw_code != self.originals[name]
        ]
        if altered:
            self.restore()
            return f"restored {altered}"
        name = chance.choice(sorted(self.models))
        self.models[
            name
        ].raw_code = (
            f"select * from (\n{self.originals[name]}\n) as model where hash(component_id) % 3 > 0"
        )
        self.compile_again()
        return f"altered {name}"

    def restore(self):
        for name, model in self.models.items():
            model.raw_code = self.originals[name]
        self.compile_again()

    def compile_again(self):
        self.manifest.build_flat_graph()
        self.compiler.forget()


@pytest.fixture
def code(compiler, manifest):
    code = Code(manifest, compiler)
    yield code
    code.restore()


def run(warehouse, landing, variables):
    warehouse.dbt("run", "--vars", json.dumps(variables), landing_dir=landing)
    return published_tables(warehouse)


def build_from_nothing(compiler, landing, variables, catalog_changes):
    warehouse = CompiledWarehouse(compiler)
    change_catalogs(warehouse.connection, catalog_changes)
    warehouse.load(landing, variables=variables)
    return published_tables(warehouse)


def change_catalogs(connection, changes):
    """Changes the seeds in the warehouse, as the next dbt seed after an edit would."""
    for change in changes:
        connection.execute(change)


def test_any_history_ends_like_a_build_from_nothing(
    request, warehouse, compiler, code, deliveries, tmp_path
):
    """A change of files, a catalog, a variable or a model's SQL left something stale behind."""
    chance = random.Random(1)
    landing = tmp_path / "landing"
    landing.mkdir()
    signals = [file for file in deliveries if "signals_data" in file.name]
    for file in chance.sample(signals, 8):
        shutil.copy(file, landing)
    variables, catalog_changes, history = {}, [], []
    for step in range(STEPS * request.config.fleet_count // 25):
        built = run(warehouse, landing, variables)
        expected = build_from_nothing(compiler, landing, variables, catalog_changes)
        different = list(differences(built, expected))
        assert not different, "\n".join([*history, *different])
        kind = KINDS[step % len(KINDS)]
        if kind == "files":
            history.append(deliver(chance, landing, deliveries))
        elif kind == "catalog":
            catalog_changes.append(CATALOG_CHANGES[len(catalog_changes) % len(CATALOG_CHANGES)])
            with duckdb.connect(warehouse.path) as connection:
                change_catalogs(connection, catalog_changes[-1:])
            history.append(catalog_changes[-1])
        elif kind == "inspections":
            history.append(inspect(chance, warehouse, landing))
        elif kind == "variable":
            history.append(change_variable(chance, variables))
        else:
            history.append(code.change(chance))
    print("\n".join(history))
    warehouse.dbt("seed", landing_dir=landing)  # as they were


def test_another_foldback_temperature_changes_the_derating(warehouse, compiler):
    """A model that is built by day reads a catalog that is not part of the day's version."""
    mart, folder = "component_daily", ROOT / "data/sample"
    change = "update reference.alert_catalog set foldback_temp_c = 60 where foldback_temp_c = 100"
    derated = f"select sum(derated_seconds) as seconds from marts.{mart}"
    expected = CompiledWarehouse(compiler)
    found = []
    for changes in ([], [change]):
        change_catalogs(expected.connection, changes)
        expected.load(folder, mart)
        with duckdb.connect(warehouse.path) as connection:
            change_catalogs(connection, changes)
        warehouse.load(folder, mart)
        assert warehouse.rows(derated) == expected.rows(derated)
        found.append(warehouse.rows(derated))
    assert found[0] != found[1], "the temperature makes no difference"
    warehouse.dbt("seed", landing_dir=folder)


def write_night(folder, day_start, day_end):
    """One file per signal: the readings of two handles around midnight, from a time to another.

    "derated" has half the power of before once it is hot, and is hot again after midnight. "late"
    is hot for the last 24 s of its day only, so its mean of 30 s depends on the next day.
    """
    midnight = 1647129600000  # 13 March 2022
    for signal in ("LM_powerLimit", "LM_handleNegCoreTempDegC"):
        rows = []
        for seconds in range(day_start, day_end, 6):
            is_hot = 720 <= seconds + 1800 < 780 or 60 <= seconds < 120
            values = {
                "LM_powerLimit": (200 if seconds + 1800 < 720 or seconds >= 60 else 100, 50),
                "LM_handleNegCoreTempDegC": (
                    101 if is_hot else 95,
                    106 if -24 <= seconds < 0 else 96,
                ),
            }
            for handle, value in zip(("derated", "late"), values[signal], strict=True):
                time = midnight + 1000 * seconds
                rows.append(f"0,{time},s,a,{handle},{signal},{value}.{seconds // 6 % 3},")
        text = "\n".join([SIGNAL_HEADER, *rows]) + "\n"
        (folder / f"signals_data {signal} {day_start}.csv").write_text(text)


def test_days_that_arrive_one_by_one_end_like_a_build_from_nothing(warehouse, compiler, tmp_path):
    """A day counts what happened after it only if both are built at once."""
    marts = ["component_daily", "watchlist_history"]
    write_night(tmp_path, -1800, 0)
    warehouse.load(tmp_path, *marts)
    write_night(tmp_path, 0, 1800)
    warehouse.load(tmp_path, *marts)
    expected = CompiledWarehouse(compiler)
    expected.load(tmp_path, *marts)
    for mart in marts:
        query = f"from marts.{mart} order by all"
        assert warehouse.rows(query) == expected.rows(query), mart
    (derated,) = warehouse.rows(
        "select derated_seconds from marts.component_daily "
        "where component_id = 'derated' and day = '2022-03-12'"
    )
    assert derated["derated_seconds"] == 11 * 60


BY_DAY = [  # those that read only the day of their rows
    "int_signal_windows",
    "int_component_windows",
    "int_series_days",
    "int_daily_parts",
    "int_component_hours",
    "int_daily_bins",
    "int_stretch_balances",
]


def test_a_build_with_nothing_new_computes_nothing(warehouse, deliveries, tmp_path, monkeypatch):
    """Files are read, or days are computed, although nothing has changed."""
    landing = tmp_path / "landing"
    landing.mkdir()
    for file in deliveries:
        shutil.copy(file, landing)
    run(warehouse, landing, {})
    days = warehouse.rows("select distinct day::text as day from staging.stg_file_series")
    opened = []
    plugin = sys.modules["landing_files"]
    open_bytes = spy(plugin.ListedFile.open_bytes, opened)
    monkeypatch.setattr(plugin.ListedFile, "open_bytes", open_bytes)
    result = warehouse.dbt("run", landing_dir=landing)
    compiled = {run.node.name: run.node.compiled_code for run in result}
    for model in BY_DAY:
        found = [row["day"] for row in days if f"'{row['day']}'" in compiled[model]]
        assert not found, model
    assert len(opened) >= len(deliveries)  # once each: whether it may be read
    # A file without a row takes no time to read.
    empty = "select file_name from marts.load_audit where row_count = 0"
    empty = {row["file_name"] for row in warehouse.rows(empty)}
    read_twice = {os.path.basename(path) for path in opened if opened.count(path) > 1}
    assert not read_twice - empty


def spy(function, calls):
    def spied(self):
        calls.append(self.path)
        return function(self)

    return spied


def replace_unnoticed(path, old, new):
    """Replaces a text by one of the same length; the time of change stays."""
    found = os.stat(path)
    path.write_text(path.read_text().replace(old, new))
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


def test_a_rejected_row_is_not_looked_for_again(warehouse, tmp_path):
    """A build reads known files again to number their lines, and loses rows that it cannot find."""
    path = tmp_path / "signals_data.csv"
    path.write_text(f"{SIGNAL_HEADER}\n0,1647086400000,a,a,c,LM_powerLimit,20.5,\n\nbad\n")
    warehouse.load(tmp_path, "rejected_rows")
    replace_unnoticed(path, "bad", "no!")
    warehouse.load(tmp_path, "rejected_rows")
    (row,) = warehouse.rows("select line_number, raw_line from marts.rejected_rows")
    assert row == {"line_number": 4, "raw_line": "bad"}


def test_a_full_refresh_reads_every_file_again(warehouse, tmp_path):
    """What was found out about a file stays, although its header is another one now."""
    path = tmp_path / "signals_data.csv"
    path.write_text(f"{SIGNAL_HEADER}\n0,1647086400000,one,two,c,LM_powerLimit,20.5,\n")
    warehouse.load(tmp_path, "int_readings")
    replace_unnoticed(path, "SITE,ASSET", "ASSET,SITE")
    sites = []
    for options in ([], ["--full-refresh"]):
        warehouse.dbt("run", *options, "--select", "+int_readings", landing_dir=tmp_path)
        sites += warehouse.rows("select site_id from intermediate.int_readings")
    assert sites == [{"site_id": "one"}, {"site_id": "two"}]


CHANGES = {  # of a macro that a model uses indirectly, of a test, and of a reader
    "component_key": ("%}", "%}{# mended #}"),
    "test_valid_rows": ("> 1", "> 2"),
    "default__read_lines": ("chr(1114111)", "chr(59)"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_a_macro_is_a_change_of_all(warehouse, manifest, tmp_path, name):
    """Files and days keep the results from before a macro was fixed."""
    (tmp_path / "signals_data.csv").write_text(
        f'{SIGNAL_HEADER}\n0,1647086400000,"a;b",a,c,LM_powerLimit,20.5,\n'
        "1,1647086401000,ab,a,c,LM_powerLimit,20.5,\n"
    )
    macro = manifest.macros[f"macro.supercharger.{name}"]
    original, found = macro.macro_sql, []
    query = "select file_version, (select list(day_version order by day) from staging.stg_days) "
    query += "as days, row_count, rejected_row_count from staging.stg_read_files"
    try:
        for code in (original, original, original.replace(*CHANGES[name], 1), original):
            macro.macro_sql = code
            warehouse.load(tmp_path, "load_audit", "stg_days")
            found += warehouse.rows(query)
    finally:
        macro.macro_sql = original
    versions = [(row["file_version"], row["days"]) for row in found]
    assert versions[0] == versions[1] == versions[3] != versions[2]
    rejected = [row["rejected_row_count"] for row in found]
    assert rejected == [0, 0, int(name == "default__read_lines"), 0]


def test_inspections_follow_their_files_and_touch_no_day(warehouse, tmp_path):
    """An inspection of a changed or removed file stays, or inspections create a day."""
    (tmp_path / "signals_data.csv").write_text(
        f"{SIGNAL_HEADER}\n0,1647086400000,a,a,c,LM_powerLimit,20.5,\n"
    )
    models = ["inspections", "load_audit", "build_info"]
    header = "date,SITE,ASSET,COMPONENT,result,cause,note\n"
    days, found = [], []
    for contents in [
        {},
        {"1": "2022-03-12,a,a,c,confirmed,,"},
        {"1": "2022-03-12,a,a,c,repaired,,", "late": "2021-01-01,x,x,x,no_fault,,"},
        {"1": "2022-03-12,a,a,c,repaired,rust,", "late": "2021-01-01,x,x,x,no_fault,,"},
        {},
    ]:
        for file in tmp_path.glob("inspections*"):
            file.unlink()
        for name, line in contents.items():
            (tmp_path / f"inspections_{name}.csv").write_text(header + line)
        warehouse.load(tmp_path, *models)
        days.append(warehouse.rows("from staging.stg_days order by day"))
        rows = warehouse.rows("select component_id, result from marts.inspections order by all")
        found.append([tuple(row.values()) for row in rows])
    assert found == [
        [],
        [("c", "confirmed")],
        [("c", "repaired"), ("x", "no_fault")],
        [("x", "no_fault")],
        [],
    ]
    assert all(day == days[0] for day in days)
    (row,) = warehouse.rows("select first_reading_at, last_reading_at from marts.build_info")
    assert row["first_reading_at"] == row["last_reading_at"]


def test_a_cause_that_is_added_admits_inspections(warehouse, tmp_path):
    """An inspection stays rejected for a cause that the catalog now has."""
    (tmp_path / "signals_data.csv").write_text(
        f"{SIGNAL_HEADER}\n0,1647086400000,a,a,c,LM_powerLimit,20.5,\n"
    )
    (tmp_path / "inspections.csv").write_text(
        "date,SITE,ASSET,COMPONENT,result,cause\n2022-03-12,a,a,c,confirmed,rust\n"
    )
    models = ["inspections", "load_audit", "rejected_rows"]
    warehouse.load(tmp_path, *models)
    assert not warehouse.rows("from marts.inspections")
    with duckdb.connect(warehouse.path) as connection:
        connection.execute("create table kept as from reference.cause_catalog")
        connection.execute(
            "insert into reference.cause_catalog by name select 'rust' as likely_cause"
        )
    try:
        warehouse.load(tmp_path, *models)
    finally:
        with duckdb.connect(warehouse.path) as connection:
            connection.execute("create or replace table reference.cause_catalog as from kept")
            connection.execute("drop table kept")
    (row,) = warehouse.rows("from marts.inspections")
    assert row["found_cause"] == "rust"
    assert not warehouse.rows("from marts.rejected_rows")
