"""Random damage to landing folders: rows add up, good rows are unharmed, marts are theirs alone.

dbt compiles the project once; then the compiled SQL of each folder's models runs in the order
of the manifest, in one process: tenths of a second a folder. Plain Python decides which rows are
good. FUZZ_FOLDERS=5000 searches on, at random; a failure names its seed, which joins SEEDS.
"""

import gzip
import math
import os
import random
import re

import duckdb
import pytest
from fleets import random_fleet
from landing import ROOT, SIGNAL_HEADER, Warehouse, sql_text, write_file

FOLDERS = int(os.environ.get("FUZZ_FOLDERS", 0))
SEEDS = []  # those that ever failed
START = random.randrange(10**9) if FOLDERS else 0
BATCHES = 30
MARTS = ["overheated_windows", "overheated_components", "max_power_when_overheated"]
MODELS = ["stg_signals", "stg_alerts", "stg_rejected_rows", "load_audit", *MARTS]
COLUMNS = SIGNAL_HEADER.split(",")
NUMBER = re.compile(r"[ ]*[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?[ ]*")
JUNK = ["", " ", "nan", "inf", "-1", "1e999", "0x10", '"', '""', "a,b", "\x00", "\x1f", "é", "*"]
NAMES = ["a", "it's", "[x]*", "100 %", "ü☃", "new\nline", "{{ x }}", "; drop table x"]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory, manifest):
    """The models' (name, schema, SQL), each after those that it reads; and how files are read."""
    warehouse = Warehouse(tmp_path_factory.mktemp("compile"), manifest)
    selected = [f"+{model}" for model in MODELS]
    results = warehouse.dbt("compile", "--select", *selected, landing_dir=warehouse.folder)
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
    macros = {}
    for name, call in {
        "lines": "read_lines('getvariable(\\'paths\\')', 'store_rejects = true, "
        "max_line_size = 200000000')",
        "lines_in_order": "read_lines('getvariable(\\'paths\\')', 'ignore_errors = true, "
        "parallel = false, max_line_size = 200000000')",
        "keep": "keep_unreadable_lines(ref('stg_landing_rows'))",
        "rejected": "set_rejected_files()",
    }.items():
        (result,) = warehouse.dbt(
            "compile", "--inline", "{{ " + call + " }}", landing_dir=warehouse.folder
        )
        macros[name] = result.node.compiled_code
    return [models[key] for key in order], macros


@pytest.fixture(scope="module")
def database(compiled):
    connection = duckdb.connect()
    connection.execute(f"""
        attach ':memory:' as warehouse;
        use warehouse;
        set timezone = 'UTC';
        set threads = 1;
        set preserve_insertion_order = false;
        set disabled_optimizers = 'type_pushdown';
        create schema landing; create schema staging; create schema intermediate;
        create schema marts; create schema reference;
        create table reference.signal_catalog as
        from read_csv({sql_text(ROOT / "seeds/signal_catalog.csv")});
        create table reference.alert_catalog as
        from read_csv({sql_text(ROOT / "seeds/alert_catalog.csv")});
        set variable paths = ['']
    """)
    for name in ("lines", "lines_in_order"):
        connection.execute(f"create macro landing.{name}() as table from {compiled[1][name]}")
    return connection


def build(database, compiled, folder):
    models, macros = compiled
    paths = [str(path) for path in folder.iterdir()]
    patterns = [re.sub(r"[\[*?]", r"[\g<0>]", path) for path in paths]
    database.execute("set variable paths = $1", [patterns])
    first_lines = [
        "select {} as file_path, true as is_read, null::varchar as read_problem, "
        "0 as size_bytes, 0 as modified_ns, ({}) as first_line".format(
            sql_text(path),
            "select line from "
            + macros["lines_in_order"].replace("getvariable('paths')", sql_text(pattern))
            + " where line is not null limit 1",
        )
        for path, pattern in zip(paths, patterns, strict=True)
    ]
    database.execute(
        "create or replace macro landing.files() as table " + " union all ".join(first_lines)
    )
    for model in models:
        if model.name == "stg_rejected_rows":
            database.execute(macros["rejected"])
        kind = "view" if model.config.materialized == "view" else "table"
        database.execute(
            f"create or replace {kind} {model.schema}.{model.name} as {model.compiled_code}"
        )
        if model.name == "stg_landing_rows":
            database.execute(macros["keep"])
            database.execute("drop table reject_errors; drop table reject_scans")
    return {
        model.name: sorted(database.sql(f"from {model.schema}.{model.name}").fetchall(), key=repr)
        for model in models
        if model.name in MODELS
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


def good_row(line, header):
    """(site, asset, component, signal, time, value) of a line of bytes; None if it is bad."""
    try:
        fields = parse(line.decode())
    except UnicodeDecodeError:
        return None
    if fields is None or len(fields) != len(header):
        return None
    row = dict(zip((name.strip().lower() for name in header), fields, strict=True))
    ids = [row[name].strip(" ") for name in ("site", "asset", "component", "signal_name")]
    at, value = number(row["timestamp"]), number(row["value"])
    if not all(ids) or not math.isfinite(value):
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
        fields.insert(rng.randrange(len(fields)), b"7")
    elif kind == 3:
        del fields[rng.randrange(len(fields))]
    elif kind == 4:
        fields[rng.randrange(len(fields))] *= rng.choice([2, 3])
    else:
        return line[: rng.randrange(1, len(line))]
    return b",".join(fields)


def random_files(rng):
    """(name, header, lines, line end) of the files of a folder."""
    readings = random_fleet(rng)[0][:400]
    values = ("site", "asset", "component", "signal_name", "timestamp", "value")
    for part, name in enumerate(rng.sample(NAMES, parts := rng.randint(1, 3))):
        header = rng.sample(COLUMNS, len(COLUMNS))
        lines = []
        for reading in readings[part::parts]:
            row = {key.lower(): str(item) for key, item in zip(values, reading, strict=True)}
            line = ",".join(row.get(column.lower(), "0") for column in header).encode()
            lines.append(damaged(rng, line) if rng.random() < 0.2 else line)
            if rng.random() < 0.05:
                lines.append(rng.choice([b"", line, ",".join(header).encode()]))
        header_line = [rng.choice([str.upper, str.lower, str])(column) for column in header]
        if rng.random() < 0.1:  # a header without one of its columns
            header_line[header.index("VALUE")] = "v"
        ending = rng.choice([".csv", ".csv", ".csv.gz"])
        yield f"signals_data {name}{ending}", header_line, lines, rng.choice([b"\n", b"\r\n"])


def check(database, compiled, tmp_path, seed):
    rng = random.Random(seed)
    folder, clean = tmp_path / "dirty", tmp_path / "clean"
    folder.mkdir()
    clean.mkdir()
    good, audit, rejected = [], {}, []
    for name, header, lines, end in random_files(rng):
        header_line = ",".join(header).encode()
        mark = rng.choice([b"", b"\xef\xbb\xbf"])
        content = mark + end.join([header_line, *lines]) + rng.choice([b"", end])
        (folder / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
        has_header = "value" in [column.lower() for column in header]
        rows = [
            (number, line)
            for number, line in enumerate([header_line, *lines], start=1)
            if line and not (has_header and line == header_line)
        ]
        found = [(good_row(line, header) if has_header else None) for _, line in rows]
        good += [row for row in found if row]
        rejected += [(name, at) for (at, _), row in zip(rows, found, strict=True) if not row]
        audit[name] = (len(rows), sum(row is None for row in found))

    dirty = build(database, compiled, folder)
    columns = [name for name, *_ in database.sql("describe staging.stg_signals").fetchall()]
    staged = database.sql(
        "select site_id, asset_id, component_id, signal_name, epoch_ms(observed_at), value "
        "from staging.stg_signals"
    ).fetchall()
    assert columns
    assert sorted(staged) == sorted(set(good))
    kept = database.sql("select file_name, line_number from staging.stg_rejected_rows").fetchall()
    assert sorted(kept) == sorted(rejected)
    for name, *numbers in database.sql(
        "select file_name, row_count, rejected_row_count, staged_row_count + repeated_row_count "
        "from marts.load_audit"
    ).fetchall():
        row_count, rejected_count = audit.pop(name)
        assert numbers == [row_count, rejected_count, row_count - rejected_count]
    assert not audit

    text = [SIGNAL_HEADER]
    for site, asset, component, signal, at, value in good:
        ids = ['"' + part.replace('"', '""') + '"' for part in (site, asset, component, signal)]
        text.append(f"0,{at},{','.join(ids)},{value!r},")
    write_file(clean, "signals_data.csv", "\n".join(text) + "\n")
    alone = build(database, compiled, clean)
    for mart in MARTS:
        assert dirty[mart] == alone[mart], mart


@pytest.mark.parametrize("batch", range(BATCHES))
def test_damage_harms_only_what_it_hits(database, compiled, tmp_path, batch):
    """A good row is lost or changed, a bad one is lost, or a mart differs from the good rows'."""
    count = (FOLDERS or 300) // BATCHES
    seeds = range(START + batch * count, START + (batch + 1) * count)
    for seed in [*seeds, *(SEEDS if batch == 0 else [])]:
        try:
            place = tmp_path / str(seed)
            place.mkdir()
            check(database, compiled, place, seed)
        except Exception as error:
            raise AssertionError(f"seed {seed}: {error}") from error
