"""What readers see while builds run, fail or overlap, and which files the engine may not touch."""

import json
import os
import re
import subprocess
import sys
import time

import duckdb
import pytest
from dbt.adapters.duckdb.environments.local import LocalEnvironment
from landing import (
    BIN,
    ROOT,
    SIGNAL_FILE,
    SIGNAL_HEADER,
    csv_text,
    dbt_command,
    dbt_process,
    typed_dbt,
    write_file,
)

BUILD = ("--quiet", "build", "--exclude-resource-type", "unit_test")
TEST = ("--quiet", "test", "--exclude-resource-type", "unit_test")
READING = {
    **{"timestamp": 1647086400000, "site": "1", "asset": "2", "component": "3"},
    **{"signal_name": "LM_handleNegCoreTempDegC", "value": "105.5"},
}
QUERY = "select sum(row_count)::int as n from marts.load_audit"
# A board's server: opens the file for each request, queries, and closes it.
SERVER = f"""
import sys, time, duckdb
while True:
    with duckdb.connect(sys.argv[1], read_only=True) as connection:
        print(connection.sql("{QUERY}").fetchall()[0][0], flush=True)
    time.sleep(0.01)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("publish")


@pytest.fixture(scope="module")
def landing_dir(folder):
    write_file(folder / "landing", SIGNAL_FILE.format("a"), csv_text(SIGNAL_HEADER, [READING]))
    return folder / "landing"


@pytest.fixture(scope="module")
def published(folder, landing_dir):
    run = dbt_command(*BUILD, folder=folder, landing_dir=landing_dir)
    assert run.returncode == 0, run.stdout
    return folder / "warehouse.duckdb"


class Shell:
    """A DuckDB shell that a user leaves open."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [BIN / "duckdb", "-no-init", "-csv", "-noheader", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def ask(self, query):
        self.process.stdin.write(f"{query};\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def quit(self):
        return self.process.communicate(".quit\n")[0]


def add_reading(landing_dir, number):
    reading = READING | {"timestamp": READING["timestamp"] + 10_000 * number}
    write_file(landing_dir, SIGNAL_FILE.format(number), csv_text(SIGNAL_HEADER, [reading]))


def test_readers_and_builds_do_not_meet(folder, landing_dir, published):
    """An open shell or server stops a build, or sees anything but the old data or the new."""
    server = subprocess.Popen([sys.executable, "-c", SERVER, published], stdout=subprocess.PIPE)
    shell = Shell("-readonly", published)
    assert shell.ask(QUERY) == "1"
    add_reading(landing_dir, 1)
    run = dbt_command(*BUILD, folder=folder, landing_dir=landing_dir)
    assert run.returncode == 0, run.stdout
    assert shell.ask(QUERY) == "1"
    assert shell.quit() == ""
    time.sleep(1)
    assert server.poll() is None
    server.terminate()
    answers = server.communicate()[0].split()
    assert answers == sorted(answers)
    assert set(answers) == {b"1", b"2"}

    # A shell with write access that has written: DuckDB locks other processes out until the shell
    # ends, including the build, if it needed this file.
    shell = Shell(published)
    assert shell.ask("create table scratch as select 1; select 7") == "7"
    add_reading(landing_dir, 2)
    run = dbt_command(*BUILD, folder=folder, landing_dir=landing_dir)
    assert run.returncode == 0, run.stdout
    assert shell.ask("select count(*) from scratch") == "1"
    for arguments in [["-readonly"], []]:
        reopened = Shell(*arguments, published)
        assert reopened.ask(QUERY) == "3"
        assert (
            reopened.ask("select count(*) from duckdb_tables() where table_name = 'scratch'") == "0"
        )
        assert reopened.quit() == ""
    assert shell.quit() == ""


def test_a_day_is_tested_until_it_is_published(folder, landing_dir, published):
    """A day whose test failed is published by the next build, which finds nothing new."""
    work = f"{published}.work"
    windows = "intermediate.int_signal_windows"
    with duckdb.connect(work) as connection:
        connection.execute(f"create table kept as from {windows}")
        connection.execute(f"insert into {windows} from {windows}")
        connection.execute("update published_versions set version = 0")
    for _ in range(2):
        run = dbt_command(*BUILD, folder=folder, landing_dir=landing_dir)
        assert run.returncode == 1
        assert "Failure in test valid_rows_int_signal_windows" in run.stdout
    # As if the day had been published: dbt test looks at all days.
    with duckdb.connect(work) as connection:
        connection.execute(
            "create or replace table published_versions as "
            "select day_version as version, true as is_of_last_build from staging.stg_days"
        )
    run = dbt_command(*TEST, folder=folder, landing_dir=landing_dir)
    assert "Failure in test valid_rows_int_signal_windows" in run.stdout
    with duckdb.connect(work) as connection:
        connection.execute(f"delete from {windows}")
        connection.execute(f"insert into {windows} from kept")
        connection.execute("drop table kept")
    run = dbt_command(*BUILD, folder=folder, landing_dir=landing_dir)
    assert run.returncode == 0, run.stdout


def test_what_is_published_is_what_is_public(folder, published):
    """A public table or its description is missing, or a private table is published."""
    nodes = json.loads((folder / "target/manifest.json").read_text(encoding="utf-8"))["nodes"]
    public = {
        (node["schema"], node["name"]): node["description"]
        for node in nodes.values()
        if node["resource_type"] == "model" and node["access"] == "public"
    }
    with duckdb.connect(published, read_only=True) as connection:
        tables = "select schema_name, table_name, comment from duckdb_tables()"
        found = {row[:2]: row[2] for row in connection.sql(tables).fetchall()}
        assert found.keys() == public.keys()
        for table, comment in found.items():
            assert re.fullmatch("One row.*[.]", comment), table  # one line
            assert " ".join(public[table].split()).startswith(f"{comment} **Answers**")
        bare = "from duckdb_columns() where not internal and comment is null"
        assert not connection.sql(bare).fetchall()
        views = "from duckdb_views() where not internal"
        assert not connection.sql(views).fetchall()
    assert ("marts", "rejected_rows") in public


def test_only_a_whole_run_that_passed_is_published(folder, landing_dir, published):
    """A failed test or a partial run changes the published file, or the reason is not reported."""

    def dbt(*arguments):
        run = dbt_command(*arguments, folder=folder, landing_dir=landing_dir)
        return run.returncode, run.stdout, published.stat().st_ino

    inode = published.stat().st_ino
    with duckdb.connect(f"{published}.work") as connection:
        connection.execute("insert into marts.fleet_daily from marts.fleet_daily")
    code, output, now = dbt(*TEST)
    assert (code, now) == (1, inode)
    assert "Not published" in output
    assert "failed: valid_rows_fleet_daily" in output
    assert re.search(r"valid_rows_fleet_daily\S* found: \{'problem': 'repeated key: day'", output)

    for arguments, reason in [
        (("--quiet", "run", "--select", "fleet_daily"), "the run left out"),
        (TEST, "the last dbt run was partial, or failed"),
        (("--quiet", "run"), "data tests"),
    ]:
        code, output, now = dbt(*arguments)
        assert (code, now) == (0, inode), (arguments, output)
        assert reason in output, (arguments, output)

    code, output, now = dbt(*TEST)
    assert code == 0, output
    assert now != inode
    assert "Next: make answers" in output


def test_the_second_of_two_builds_says_who_is_first(folder, landing_dir, published):
    """Two builds write to one file, or the second ends in a traceback."""
    first = dbt_process(*BUILD, folder=folder, landing_dir=landing_dir)
    while first.poll() is None and not published.with_name("warehouse.duckdb.work.wal").exists():
        time.sleep(0.01)
    second = dbt_command(*BUILD, folder=folder, landing_dir=landing_dir)
    output = first.communicate()[0]
    assert first.returncode == 0, output
    assert second.returncode != 0
    assert f"Process {first.pid} (" in second.stdout
    assert "Traceback" not in second.stdout


def duckdb_file(path):
    with duckdb.connect(path) as connection:
        connection.execute("create table precious as select 1 as a")


@pytest.mark.parametrize(
    ("name", "make", "sentence"),
    [
        ("no/w.duckdb", None, "does not exist: create it first"),
        ("w.duckdb", lambda path: path.mkdir(), "a folder; name a file in it, such as '"),
        ("w.duckdb", lambda path: path.write_text("precious"), "is not a DuckDB file"),
        ("w.duckdb", lambda path: path.symlink_to("other"), "is a link"),
        ("w.duckdb", duckdb_file, "was not made by a build, it holds main.precious"),
        ("w.duckdb.work", duckdb_file, "set WAREHOUSE_PATH to another file"),
        ("w.duckdb.work", lambda path: path.write_text("precious"), "is not a DuckDB file"),
        ("w.duckdb.new", lambda path: path.write_text("precious"), "is not a DuckDB file"),
        ("own.duckdb.work", None, "names that end in .work or .new are those of a build"),
        ("back\\slash.duckdb", None, "without a backslash"),
        ("w?.duckdb", None, "a backslash or a question mark."),
        ("w\n\x1b[31m\x85\u202e.duckdb", None, r"w\n\x1b[31m\x85\u202e.duckdb'; it must not"),
        ("w" * 240, None, "240 characters; with '.work.wal.checkpoint', which"),
    ],
)
def test_files_that_are_not_ours_are_left_alone(
    tmp_path, tmp_path_factory, landing_dir, name, make, sentence
):
    """A file or folder in the way is overwritten, or the refusal is not one clear sentence."""
    path = tmp_path / name
    if make:
        make(path)
    before = path.read_bytes() if path.is_file() else None
    warehouse = str(path)
    if make:
        warehouse = warehouse.removesuffix(".work").removesuffix(".new")
    run = dbt_command(
        *("--quiet", "run", "--select", "load_audit"),
        folder=tmp_path_factory.mktemp("dbt"),
        landing_dir=landing_dir,
        warehouse=warehouse,
    )
    assert run.returncode != 0
    assert sentence in run.stdout
    assert "Traceback" not in run.stdout
    assert (path.read_bytes() if path.is_file() else None) == before
    assert make or not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["LANDING_DIR", "WAREHOUSE_PATH"])
def test_a_path_that_is_not_utf8_is_refused(tmp_path, landing_dir, name):
    """dbt ends with a traceback when it writes a name that is not valid text."""
    paths = {"LANDING_DIR": landing_dir, "WAREHOUSE_PATH": tmp_path / "w.duckdb"}
    paths[name] = tmp_path / "\udcff"
    run = typed_dbt(
        *("--quiet", "run"),
        folder=tmp_path,
        landing_dir=paths["LANDING_DIR"],
        warehouse=paths["WAREHOUSE_PATH"],
    )
    assert run.returncode != 0
    assert f"{name} is not UTF-8: use another name." in run.stdout
    assert "Traceback" not in run.stdout


def test_the_engine_reaches_nothing_else(warehouse, landing_dir, tmp_path):
    """A build's SQL reaches a file that is neither a landing file nor the build's own."""
    secret = write_file(tmp_path, "secret.csv", "a\n1\n")
    link = landing_dir / "link.csv"
    link.symlink_to(secret)
    inside = landing_dir / SIGNAL_FILE.format("a")
    before = inside.read_bytes()
    text = {path: str(path).replace("'", "''") for path in (secret, link, inside)}
    listed = [
        "select landing_files(null)",
        f"from read_text('landing://{text[inside]}')",
    ]
    refused = [
        f"from read_text('{text[secret]}')",
        f"from read_text('{text[inside]}')",
        f"from read_text('landing://{text[secret]}')",
        f"from read_text('landing://{landing_dir}/../../{tmp_path.name}/secret.csv')",
        f"copy (select 1) to 'landing://{text[inside]}'",
        f"copy (select 1) to 'landing://{landing_dir}/new.csv'",
        f"from read_text('{landing_dir}/../../{tmp_path.name}/secret.csv')",
        f"from read_text('{text[link]}')",
        f"from read_csv('{text[secret]}')",
        f"from glob('{tmp_path}/*')",
        f"attach '{tmp_path}/other.duckdb'",
        f"attach '{ROOT}/supercharger.duckdb' (read_only)",
        f"copy (select 1) to '{tmp_path}/out.csv'",
        "install httpfs",
        "from read_text('https://example.com/')",
        "set enable_external_access = true",
        "set allowed_directories = ['/']",
        f"set temp_directory = '{tmp_path}'",
    ]
    asked = []

    def ask(connection):
        for query in listed + refused:
            try:
                asked.append((query, connection.execute(query).fetchall()))
            except duckdb.Error as error:
                asked.append((query, str(error)))

    close = LocalEnvironment.close

    def ask_and_close(environment):
        if environment.conn and not asked:
            ask(environment.conn.cursor())
        close(environment)

    with pytest.MonkeyPatch.context() as patch:  # the connection of a real run
        patch.setattr(LocalEnvironment, "close", ask_and_close)
        warehouse.dbt("show", "--inline", "select 1 as a", landing_dir=landing_dir)
    link.unlink()
    assert [isinstance(answer, list) for _, answer in asked[:2]] == [True, True], asked[:2]
    assert inside.read_bytes() == before
    for query, answer in asked[2:]:
        assert isinstance(answer, str), query
        assert any(word in answer for word in ("disabled", "locked", "Permission")), answer
    assert sorted(path.name for path in tmp_path.iterdir()) == ["secret.csv"]


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        (
            "overheat_threshold_c",
            "'105; drop table a'",
            "the text '105; drop table a'; it must be a",
        ),
        ("overheat_threshold_c", ".nan", "nan; it must be a number from -273 to 1000."),
        ("overheat_threshold_c", "1.0e+400", "inf; it must be a number from -273 to 1000."),
        ("overheat_threshold_c", "'1\\e[2J'", r"the text '1\e[2J'; it must be a number from "),
        ("window_seconds", "'30'", "the text '30'; it must be a number from 1 to 86400, without"),
        ("window_seconds", "30.0", "30.0; write it as a whole number, 30."),
        ("session_gap_seconds", "true", "true; it must be a number from 1 to 86400."),
        ("session_gap_seconds", "", "empty; it must be a number from 1 to 86400."),
        ("session_gap_seconds", "[1, 2]", "[1, 2]; it must be a number from 1 to 86400."),
        ("sensor_suspect_seconds", "-1", "-1; it must be a number from 0 to 86400."),
    ],
)
def test_variables_that_are_no_numbers_are_refused(tmp_path, landing_dir, name, value, sentence):
    """A value becomes SQL, or a wrong value is silently accepted."""
    # While dbt parses, or later if it need not parse.
    dbt = typed_dbt if "drop table" in value else dbt_command
    run = dbt(
        *("--quiet", "compile", "--target", "scratch", "--vars", f"{{{name}: {value}}}"),
        folder=tmp_path,
        landing_dir=landing_dir,
    )
    assert run.returncode != 0
    assert f"{name} is {sentence}" in run.stdout
    assert "Traceback" not in run.stdout


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (
            "run",
            r"There is no table reference\.\w+ yet: run dbt build, or dbt seed before dbt run\.",
        ),
        ("test", r"There is no table \w+\.\w+ yet: run dbt build\."),
    ],
)
def test_a_run_without_its_tables_says_what_to_run(tmp_path, landing_dir, command, sentence):
    """dbt run or dbt test of a new file ends with a catalog error."""
    run = dbt_command("--quiet", command, folder=tmp_path, landing_dir=landing_dir)
    assert run.returncode != 0
    assert re.search(sentence, run.stdout), run.stdout
    assert "Catalog Error" not in run.stdout


@pytest.mark.parametrize("is_parsed", [False, True])
def test_a_misspelt_variable_is_refused(tmp_path, parsed_folder, manifest, landing_dir, is_parsed):
    """A misspelt variable is silently ignored, and the default used."""
    run = typed_dbt(
        *("--quiet", "run", "--vars", "{overheat_treshold_c: 95}"),
        folder=parsed_folder if is_parsed else tmp_path,
        landing_dir=landing_dir,
        warehouse=tmp_path / "warehouse.duckdb",
    )
    assert run.returncode != 0
    (sentence,) = re.findall("There is no variable overheat_treshold_c; .*", run.stdout)
    assert "overheat_threshold_c, window_seconds" in sentence
    assert "Traceback" not in run.stdout


@pytest.mark.parametrize(
    "name", ["VARS", "FLEET", "LANDING_DIR", "WAREHOUSE_PATH", "QUERY", "BENCH"]
)
@pytest.mark.parametrize("text", ["$(shell touch {0})", "'; touch {0}; '", "`touch {0}`"])
def test_what_make_is_told_is_not_run(tmp_path, name, text):
    """make or the shell runs a value that a user passes to make."""
    value = text.format(tmp_path / "run")
    # The benchmark does not know these arguments, so it measures nothing.
    not_installed = ["-o", ".venv/bin/.synced-bench"]
    for target in ("bench",) if name == "BENCH" else ("build", "fleet", "metrics"):
        setting = f"{name}={value}"
        subprocess.run(
            [
                "make",
                "--no-print-directory",
                *not_installed,
                target,
                setting,
                "BUILD=true",
                "DBT=true",
                "MF=true",
                "GENERATE=true",
            ],
            check=False,
            cwd=ROOT,
            env={**os.environ, "WAREHOUSE_PATH": "Makefile"},
            capture_output=True,
        )
    assert not list(tmp_path.iterdir())
