"""Random damage to landing folders: rows add up, good rows are unharmed, marts are theirs alone.

dbt compiles the project once; then the compiled SQL of each folder's models runs in the order
of the manifest, in one process: a tenth of a second a folder. Plain Python decides which rows are
good. The marts take longer: the files of a batch of folders are put together for them.
FUZZ_FOLDERS=5000 searches on, at random; a failure names its seeds, which join SEEDS. Where a
whole process is lost, target/fuzz holds the last seed of each batch.
"""

import gzip
import math
import os
import random
import re
import sys

import duckdb
import pytest
from backports import zstd
from fleets import random_fleet
from landing import (
    ALERT_HEADER,
    OLD_ALERT_HEADER,
    ROOT,
    SIGNAL_HEADER,
    Warehouse,
    differences,
    sql_text,
)

sys.path.append(str(ROOT / "plugins"))
import landing_files

FOLDERS = int(os.environ.get("FUZZ_FOLDERS", 0))
SEEDS = []  # those that ever failed
START = random.randrange(10**9) if FOLDERS else 0
BATCHES = 30
LAST_SEEDS = ROOT / "target/fuzz"
# What runs before and after a model that reads files, as its hooks say.
HOOKS = {
    "stg_plain_rows": (["start_reading('is_plain')"], ["keep_odd_lines()", "end_reading()"]),
    "stg_line_rows": (
        ["start_reading('is_readable and not ' ~ is_typed())"],
        ["end_reading('is_first_of_line')"],
    ),
}
ROWS = ["int_readings", "stg_alerts", "rejected_rows", "load_audit"]
READ = [*ROWS, "int_signals", "int_series"]
READ += ["int_signal_windows", "int_repeated_rows"]
MARTS = [
    *("overheated_windows", "overheated_components", "max_power_when_overheated"),
    *("alert_readings", "avg_readings_by_alert"),
    *("charging_sessions", "component_daily", "overheating_episodes", "component_watchlist"),
]
HEADERS = {"signal": [SIGNAL_HEADER], "alert": [ALERT_HEADER, OLD_ALERT_HEADER]}
NUMBER = re.compile(r"[ ]*[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?[ ]*")
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ufffe\uffff]")
JUNK = [
    *("", " ", "nan", "inf", "-1", "1e999", "1e300", "0x10"),
    *('"', '""', "a,b", "\x00", "\x1f", "é", "*"),
]
ENDINGS = [".csv", ".csv.gz", ".csv.zst"]
FOLDER = "the folder"  # in compiled SQL
NAMES = ["a", "it's", "[x]*", "100 %", "ü☃", "new\nline", "{{ x }}", "; drop table x"]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory, manifest):
    """The models' (name, schema, SQL), each after those that it reads; and how files are read."""
    warehouse = Warehouse(tmp_path_factory.mktemp("compile"), manifest)
    selected = [f"+{model}" for model in ROWS + MARTS]
    results = warehouse.dbt("compile", "--select", *selected, landing_dir=FOLDER)
    nodes = {result.node.unique_id: result.node for result in results}
    models = {key: node for key, node in nodes.items() if node.resource_type == "model"}
    order = []
    while len(order) < len(models):
        order += [
            key
            for key, node in models.items()
            if key not in order
            and all(parent in order for parent in node.depends_on.nodes if parent in models)
        ]

    def compile(call):
        (result,) = warehouse.dbt("compile", "--inline", "{{ " + call + " }}", landing_dir=FOLDER)
        return result.node.compiled_code

    this = compile("this")
    hooks = {
        name: [
            ";".join(compile(call).replace(this, f"staging.{name}") for call in calls)
            for calls in before_and_after
        ]
        for name, before_and_after in HOOKS.items()
    }
    for key in order:
        model = models[key]
        written = [re.sub(r"\s", "", hook.sql) for hook in model.config.post_hook]
        expected = ["{{" + call + "}}" for call in HOOKS.get(model.name, ([], []))[1]]
        if model.name in HOOKS:
            assert written == [re.sub(r"\s", "", call) for call in expected]
    return [models[key] for key in order], hooks


@pytest.fixture(scope="module")
def plugin():
    return landing_files.Plugin("landing_files", {"landing_dir": FOLDER})


@pytest.fixture(scope="module")
def database(plugin):
    connection = duckdb.connect()
    connection.execute("""
        attach ':memory:' as warehouse;
        use warehouse;
        set timezone = 'UTC';
        set threads = 1;
        set preserve_insertion_order = false;
        set disabled_optimizers = 'type_pushdown';
        create schema landing; create schema staging; create schema intermediate;
        create schema marts; create schema reference
    """)
    for seed in ROOT.glob("seeds/*.csv"):
        # An empty column has no type of its own.
        types = ", types = {'overheat_threshold_c': 'DOUBLE'}" * (seed.stem == "signal_catalog")
        connection.execute(
            f"create table reference.{seed.stem} as from read_csv({sql_text(seed)}{types})"
        )
    plugin.configure_connection(connection)
    return connection


def build(database, plugin, compiled, folder, is_whole):
    """Runs staging, and of a whole build the marts too, as a dbt build does."""
    models, hooks = compiled
    plugin.folder = str(folder)
    database.execute(
        "create or replace table landing.files as "
        "select unnest(landing_files(null), recursive := true)"
    )
    for model in models:
        if not is_whole and model.schema != "staging" and model.name not in READ:
            continue
        before, after = hooks.get(model.name, ("", ""))
        database.execute(before)
        kind = "view" if model.config.materialized == "view" else "table"
        database.execute(
            f"create or replace {kind} {model.schema}.{model.name} as {model.compiled_code}"
        )
        database.execute(after)
        database.execute("drop table if exists typed_errors; drop table if exists typed_scans")


def marts(database):
    return {
        mart: sorted(
            database.sql(f"from marts.{mart}").fetchall(),
            key=lambda row: [str(value) for value in row if not isinstance(value, float)],
        )
        for mart in MARTS
    }


def parse(text):
    """A line's fields by RFC 4180, None where it breaks its rules; one character at a time."""
    fields, field, state = [], "", "start"
    for char in text:
        if state == "quoted":
            state = "maybe closed" if char == '"' else state
            field += "" if char == '"' else char
        elif char == ",":
            fields, field, state = [*fields, field], "", "start"
        elif char == '"' and state == "start":
            state = "quoted"
        elif char == '"' and state == "maybe closed":
            field, state = field + '"', "quoted"
        elif char == '"' or state == "maybe closed":
            return None
        else:
            field, state = field + char, "plain"
    return None if state == "quoted" else [*fields, field]


def number(text):
    return float(text) if NUMBER.fullmatch(text) else math.nan


def good_row(line, header, kind):
    """(site, asset, component, name, time, value) of a line of bytes; None if it is bad."""
    try:
        fields = parse(line.decode())
    except UnicodeDecodeError:
        return None
    if fields and len(fields) == len(header) + 1 and fields[-1] == "":
        fields.pop()  # a line may end with a comma
    if fields is None or len(fields) != len(header):
        return None
    row = dict(zip((name.strip().lower() for name in header), fields, strict=True))
    name = row["alert_name"] if "alert_name" in row else row["signal_name"]
    ids = [text.strip(" ") for text in (row["site"], row["asset"], row["component"], name)]
    at, value = number(row["timestamp"]), number(row.get("value", ""))
    if kind == "alert":  # 0 where it clears
        value = 0 if value == 0 or row.get("value", "").strip(" ").lower() == "false" else 1
    if not all(ids) or CONTROL.search("".join(ids)) or not abs(value) < 1e30:
        return None
    if not 946684800000 <= at <= 4102444799999 or at != int(at):
        return None
    return (*ids, int(at), value)


def damaged(rng, line):
    fields = line.split(b",")
    kind = rng.randrange(6)
    if kind == 0:  # a byte; line ends are no part of a line
        at = rng.randrange(len(line))
        return line[:at] + bytes([rng.choice(b"\x00\x1f\x22\x2c\x30\x39\xc3\xff")]) + line[at + 1 :]
    if kind == 1:
        fields[rng.randrange(len(fields))] = rng.choice(JUNK).encode()
    elif kind == 2:
        fields.insert(rng.randrange(len(fields) + 1), rng.choice([b"7", b""]))
    elif kind == 3:
        del fields[rng.randrange(len(fields))]
    elif kind == 4:
        fields[rng.randrange(len(fields))] *= rng.choice([2, 3])
    else:
        return line[: rng.randrange(1, len(line))]
    return b",".join(fields)


def random_lines(rng, columns, rows):
    lines = []
    # Some files are whole, and one bad row is enough to read a plain one by its lines.
    damage = rng.choice([0, 0.005, 0.2])
    for row in rows:
        line = ",".join(row.get(column.lower(), "0") for column in columns).encode()
        lines.append(damaged(rng, line) if rng.random() < damage else line)
        if rng.random() < damage / 4:
            lines.append(rng.choice([b"", line, ",".join(columns).encode()]))
    return lines


def random_files(rng):
    """(kind, name, header, lines) of the files of a folder."""
    readings, alerts = random_fleet(rng)
    for kind, rows in {"signal": readings[:400], "alert": alerts}.items():
        if kind == "alert":
            states = ["1", "1.0", "true", "0", "0.0", "False"]
            rows = [(*row, rng.choice(states)) for row in rows]
        parts = rng.randint(1, 3)
        for part, name in enumerate(rng.sample(NAMES, parts)):
            columns = rng.choice(HEADERS[kind]).split(",")
            is_plain = rng.random() < 0.5
            if not is_plain:
                rng.shuffle(columns)
            called = "alert_name" if "alert_name" in columns else "signal_name"
            keys = ("site", "asset", "component", called, "timestamp", "value")
            filled = [dict(zip(keys, map(str, row), strict=True)) for row in rows[part::parts]]
            lines = random_lines(rng, columns, filled)
            cases = [str] if is_plain else [str.upper, str.lower, str]
            header = [rng.choice(cases)(column) for column in columns]
            if rng.random() < 0.1:  # a header without one of its columns
                header[columns.index("VALUE" if kind == "signal" else called)] = "v"
            # One file can be read always: where there is none, a build stops.
            endings = [".csv"] if (kind, part) == ("signal", 0) else ENDINGS
            yield kind, f"{kind}s_data {name}{rng.choice(endings)}", header, lines


def compressed(name, content):
    if name.endswith(".gz"):
        return gzip.compress(content)
    if name.endswith(".zst"):  # without a checksum nobody could tell a changed byte
        return zstd.compress(content, options={zstd.CompressionParameter.checksum_flag: 1})
    return content


def damaged_bytes(rng, content):
    kind = rng.randrange(4)
    at = rng.randrange(len(content))
    if kind == 0:
        return content[:at]
    if kind == 1:
        return content[:at] + bytes([content[at] ^ (1 << rng.randrange(8))]) + content[at + 1 :]
    if kind == 2:
        return content + rng.choice([b"\0" * 512, b"\n", content[:at], b"1,2,3\n"])
    return content[:at] + rng.randbytes(9) + content[at:]


def write_folder(folder, seed):
    """Writes damaged files; returns those that may be unreadable, and the rows of each.

    {name: (kind, is_damaged, has_sure_numbers, [(line number, text, row, None where it is bad)])}
    """
    rng = random.Random(seed)
    files = {}
    for kind, name, header, lines in random_files(rng):
        header_line = ",".join(header).encode()
        end = rng.choice([b"\n", b"\n", b"\r\n", b"\r", None])  # None: of all kinds
        content = rng.choice([b"", b"\xef\xbb\xbf"])
        for line in [header_line, *lines]:
            content += line + (end or rng.choice([b"\n", b"\r\n", b"\r"]))
        if end and rng.random() < 0.5:
            content = content.removesuffix(end)
        content = compressed(name, content)
        is_damaged = not name.endswith(".csv") and rng.random() < 0.4
        if is_damaged:
            content = damaged_bytes(rng, content)
        name = f"{seed} {name}"
        (folder / name).write_bytes(content)
        has_header = "v" not in header
        rows = [
            (
                number,
                line.decode("utf-8", "backslashreplace"),
                good_row(line, header, kind) if has_header else None,
            )
            for number, line in enumerate([header_line, *lines], start=1)
            if line and not (has_header and line == header_line)
        ]
        files[name] = (kind, is_damaged, end is not None, rows)
    return files


def count_of_rows(database, name):
    """What the plugin counts, by which a build sees whether the engine has read a file whole."""
    ((count,),) = database.execute(
        "select count_rows("
        "file_path, case when file_problem is null then [first_line, header_line] else [] end) "
        "from staging.stg_landing_files where file_name = $1",
        [name],
    ).fetchall()
    return count


def check_rows(database, files):
    """Holds what is staged against the rows; returns the good ones of each kind."""
    audit = {
        name: (problem, *numbers)
        for name, problem, *numbers in database.sql(
            "select file_name, file_problem, row_count, rejected_row_count, "
            "staged_row_count + repeated_row_count from marts.load_audit"
        ).fetchall()
    }
    assert audit.keys() == files.keys()
    good, rejected, kept = {"signal": [], "alert": []}, [], []
    for name, (kind, is_damaged, has_sure_numbers, rows) in files.items():
        problem, *numbers = audit[name]
        if is_damaged and problem and problem.startswith("cannot be read: "):
            assert numbers == [0, 0, 0], name
            continue
        assert count_of_rows(database, name) == len(rows), name
        bad = [(number, text) for number, text, row in rows if row is None]
        assert numbers == [len(rows), len(bad), len(rows) - len(bad)], name
        good[kind] += [row for *_, row in rows if row]
        rejected += [(name, number if has_sure_numbers else None, text) for number, text in bad]
    for name, number, text in database.sql(
        "select file_name, line_number, raw_line from marts.rejected_rows"
    ).fetchall():
        kept.append((name, number if files[name][2] else None, text))
    assert sorted(kept, key=repr) == sorted(rejected, key=repr)
    staged = database.sql(
        "select site_id, asset_id, component_id, signal_name, epoch_ms(observed_at), value "
        "from intermediate.int_readings"
    ).fetchall()
    assert sorted(staged) == sorted(set(good["signal"]))
    staged = database.sql(
        "select site_id, asset_id, component_id, alert_name, epoch_ms(fired_at), 1 "
        "from staging.stg_alerts"
    ).fetchall()
    assert sorted(staged) == sorted({row for row in good["alert"] if row[-1]})
    return good


def write_good_rows(folder, good):
    for kind, header in {"signal": SIGNAL_HEADER, "alert": OLD_ALERT_HEADER}.items():
        text = [header]
        for *ids, at, value in good[kind]:
            site, asset, component, name = ('"' + part.replace('"', '""') + '"' for part in ids)
            text.append(f"0,{at},{site},{asset},{component},{name},{value!r},")
        (folder / f"{kind}s_data.csv").write_text("\n".join(text) + "\n", newline="")


@pytest.mark.parametrize("batch", range(BATCHES))
def test_damage_harms_only_what_it_hits(database, plugin, compiled, tmp_path, batch):
    """A good row is lost or changed, a bad one is lost, or a mart differs from the good rows'."""
    count = (FOLDERS or 300) // BATCHES
    seeds = [*range(START + batch * count, START + (batch + 1) * count)]
    seeds += SEEDS if batch == 0 else []
    together, clean = tmp_path / "together", tmp_path / "clean"
    together.mkdir()
    clean.mkdir()
    files = {}
    for seed in seeds:
        folder = tmp_path / str(seed)
        folder.mkdir()
        if FOLDERS:
            LAST_SEEDS.mkdir(parents=True, exist_ok=True)
            (LAST_SEEDS / str(batch)).write_text(str(seed))
        found = write_folder(folder, seed)
        try:
            build(database, plugin, compiled, folder, is_whole=False)
            check_rows(database, found)
        except Exception as error:
            raise AssertionError(f"seed {seed}: {error}") from error
        files |= found
        for file in folder.iterdir():
            file.rename(together / file.name)
    build(database, plugin, compiled, together, is_whole=True)
    write_good_rows(clean, check_rows(database, files))
    dirty = marts(database)
    build(database, plugin, compiled, clean, is_whole=True)
    different = list(differences(dirty, marts(database)))
    assert not different, (seeds, different)
