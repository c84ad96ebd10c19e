"""What make build prints, and when it detects that nothing has changed."""

import importlib.util
import json
import os
import pty
import re
import shutil
import subprocess
import sys
import termios
import time
from contextlib import chdir
from unittest import mock

import duckdb
import pytest
from landing import BIN, ROOT, SIGNAL_FILE, SIGNAL_HEADER, csv_text, write_file

READING = {
    **{"timestamp": 1647086400000, "site": "1", "asset": "2", "component": "3"},
    **{"signal_name": "LM_handleNegCoreTempDegC", "value": "105.5"},
}
FOLDERS = ["models", "macros", "seeds", "tests", "plugins", "scripts", "analyses"]
ERASE = "\r\x1b[K"


class Project:
    """A copy of the project, its landing folder and its warehouse."""

    def __init__(self, folder):
        self.folder = folder
        no_cache = shutil.ignore_patterns("__pycache__")
        for name in FOLDERS:
            shutil.copytree(ROOT / name, folder / name, ignore=no_cache)
        for name in ("dbt_project.yml", "profiles.yml"):
            shutil.copy(ROOT / name, folder)
        self.landing_dir = folder / "landing"
        self.landing_file = write_file(
            self.landing_dir,
            SIGNAL_FILE.format("a"),
            csv_text(SIGNAL_HEADER, [READING, READING | {"signal_name": "fooTempDegC"}]),
        )
        self.published = folder / "it's.duckdb"
        self.work = folder / "it's.duckdb.work"

    def environment(self, **variables):
        others = ("VARS", "TERM", "INPUTS_VERSION", "PYTHONDONTWRITEBYTECODE")
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in others and not name.startswith("DBT_")
        }
        paths = {"LANDING_DIR": str(self.landing_dir), "WAREHOUSE_PATH": str(self.published)}
        return kept | paths | variables

    def build(self, *options, python=(), **variables):
        return subprocess.run(
            [sys.executable, *python, self.folder / "scripts/build.py", *options],
            check=False,
            env=self.environment(**variables),
            capture_output=True,
            text=True,
        )

    def build_on_terminal(self, interrupt_at=None, **variables):
        """Everything that a terminal of 60 columns shows, and the exit code."""
        pid, terminal = pty.fork()
        if not pid:
            termios.tcsetwinsize(1, (24, 60))
            script = str(self.folder / "scripts/build.py")
            os.execve(sys.executable, [sys.executable, script], self.environment(**variables))
        output = b""  # a read can end within a character
        while True:
            try:
                output += os.read(terminal, 65536)
            except OSError:  # the process has ended
                break
            if interrupt_at and interrupt_at.encode() in output:
                os.write(terminal, b"\x03")  # Ctrl-C
                interrupt_at = None
        os.close(terminal)
        text = output.decode().replace("\r\n", "\n")
        return text, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def inputs_version(self, **variables):
        return self.ask_script(lambda script: script.inputs_version(), **variables)

    def is_up_to_date(self, **variables):
        return self.ask_script(
            lambda script: script.last_build(script.inputs_version()) is not None, **variables
        )

    def ask_script(self, question, **variables):
        """An answer of the script, which reads the environment when it is loaded."""
        environment = mock.patch.dict(os.environ, self.environment(**variables), clear=True)
        with environment, chdir(self.folder):
            path = self.folder / "scripts/build.py"
            spec = importlib.util.spec_from_file_location("build", path)
            script = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(script)
            return question(script)

    def pretend_to_build(self):
        """Marks both files as built from the current inputs."""
        inputs = self.inputs_version()
        for path in (self.published, self.work):
            change(path, f"update marts.build_info set inputs_version = '{inputs}'")
        assert self.is_up_to_date()


def change(path, statement):
    with duckdb.connect(path) as connection:
        connection.execute(statement)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return Project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def built(project):
    """A first build."""
    run = project.build()
    assert run.returncode == 0, run.stdout + run.stderr
    return run


def test_a_build_prints_its_summary_and_each_warning_once(built):
    """A build prints dbt's log lines, prints progress without a terminal, or hides a warning."""
    assert built.stderr == ""
    missing, warning, loaded, unknown, names, components, hint = sorted(
        built.stdout.splitlines(), key=lambda line: (not line.startswith("Warning: "),)
    )
    missing, warning = sorted([missing, warning])
    assert missing.startswith("Warning: warn_missing_quantity found 1: components with temp")
    assert loaded.startswith("Loaded 1 of 1 files, 2 rows, from ")
    assert components.startswith("Components above 105 °C in any 30 s period: 1, ")
    assert unknown.startswith("Not in seeds/signal_catalog.csv or seeds/alert_catalog.csv, ")
    assert names == "  signals, temperature: fooTempDegC"
    assert hint.startswith("Next: make answers")
    assert warning.startswith("Warning: warn_unknown_signals found 1: signals that ")
    assert warning.endswith(".")


def test_a_second_build_has_nothing_to_do(built, project):
    """make build starts dbt although nothing has changed, or touches the warehouse."""
    files = project.published, project.work
    before = [(path.stat().st_ino, path.stat().st_mtime_ns) for path in files]
    started = time.monotonic()
    run = project.build()
    seconds = time.monotonic() - started
    assert (run.returncode, run.stderr) == (0, "")
    sentence, hint = run.stdout.splitlines()
    assert re.fullmatch(
        r"Nothing has changed since the build of \d{4}-\d\d-\d\d \d\d:\d\d UTC, with readings "
        "from 2022-03-12 to 2022-03-12; marts.load_audit lists .*",
        sentence,
    )
    assert hint == built.stdout.splitlines()[-1]
    assert [(path.stat().st_ino, path.stat().st_mtime_ns) for path in files] == before
    assert seconds < 3, seconds
    imported = project.build(python=("-X", "importtime")).stderr
    assert re.search(r"\bduckdb$", imported, re.MULTILINE)
    assert not re.search(r"\bdbt\b", imported)


LANDING = {
    "touched": lambda project: os.utime(project.landing_file),
    "longer": lambda project: project.landing_file.open("a").write("\n"),
    "added": lambda project: write_file(project.landing_dir, "notes.txt", "a"),
    "renamed": lambda project: (project.landing_dir / "old.txt").rename(
        project.landing_dir / "new.txt"
    ),
    "removed": lambda project: (project.landing_dir / "old.txt").unlink(),
}


@pytest.mark.parametrize("change_files", LANDING.values(), ids=LANDING.keys())
def test_other_landing_files_are_built(built, project, change_files):
    """A landing file that was changed, added or removed is not loaded."""
    write_file(project.landing_dir, "old.txt", "a")
    project.pretend_to_build()
    change_files(project)
    assert not project.is_up_to_date()


@pytest.mark.parametrize(
    "path",
    [
        *("dbt_project.yml", "profiles.yml", "scripts/build.py", "plugins/landing_files.py"),
        *("seeds/signal_catalog.csv", "models/marts/fleet/site_daily.sql", "macros/numbers.sql"),
        *("models/marts/quality/_quality.yml", "tests/generic/valid_rows.sql"),
        *("tests/warnings/warn_rejected_share.sql", "models/marts/fleet/new.sql"),
    ],
)
def test_other_code_builds(built, project, path):
    """A warehouse of other code counts as up to date."""
    project.pretend_to_build()
    path = project.folder / path
    before = path.read_text(encoding="utf-8") if path.exists() else None
    path.write_text(f"{before or ''}\n", encoding="utf-8")
    assert not project.is_up_to_date()
    if before is None:
        path.unlink()
    else:
        path.write_text(before, encoding="utf-8")
    # The content counts, not the time of writing.
    assert project.is_up_to_date()


def test_other_settings_build(built, project):
    """A build with other variables, another folder or another package does nothing."""
    project.pretend_to_build()
    other_folder = shutil.copytree(project.landing_dir, project.folder / "other")
    assert not project.is_up_to_date(LANDING_DIR=str(other_folder))
    assert not project.is_up_to_date(VARS="{window_seconds: 60}")
    assert not project.is_up_to_date(DBT_TARGET="scratch")
    with mock.patch("importlib.metadata.version", return_value="99"):
        assert not project.is_up_to_date()
    assert project.is_up_to_date(VARS="{}")


def test_a_part_of_a_parquet_folder_that_is_written_anew_builds(project, tmp_path):
    """A build does nothing although a part changed, because its folder did not."""
    (tmp_path / "signals_data.parquet").mkdir()
    part = tmp_path / "signals_data.parquet/part-0.parquet"
    part.write_bytes(b"1")
    before = project.inputs_version(LANDING_DIR=str(tmp_path))
    part.write_bytes(b"12")
    assert project.inputs_version(LANDING_DIR=str(tmp_path)) != before


WAREHOUSES = {
    "no published file": lambda project: project.published.unlink(),
    "no work file": lambda project: project.work.unlink(),
    "published by another build": lambda project: change(
        project.published, "update marts.build_info set built_at = '2020-01-01'"
    ),
    "published file written to": lambda project: change(project.published, "create table a(b int)"),
    "log of a shell that was killed": lambda project: write_file(
        project.folder, "it's.duckdb.wal", ""
    ),
    "published file is no database": lambda project: project.published.write_text("a"),
    "another run in the work file": lambda project: change(
        project.work, "update build_state set is_whole = false"
    ),
    "work file of plain dbt": lambda project: change(
        project.work, "update marts.build_info set inputs_version = null"
    ),
}


@pytest.mark.parametrize("spoil", WAREHOUSES.values(), ids=WAREHOUSES.keys())
def test_another_warehouse_is_built(built, project, tmp_path, spoil):
    """A file of the warehouse that was removed, replaced or changed is not built again."""
    project.pretend_to_build()
    for path in (project.published, project.work):
        shutil.copy2(path, tmp_path)
    spoil(project)
    assert not project.is_up_to_date()
    (project.folder / "it's.duckdb.wal").unlink(missing_ok=True)
    for path in (project.published, project.work):
        shutil.copy2(tmp_path / path.name, path)
    assert project.is_up_to_date()


def test_a_terminal_shows_progress(built, project):
    """The progress line is missing, too long, or left behind; or a change is not built."""
    project.pretend_to_build()
    os.utime(project.landing_file)
    output, code = project.build_on_terminal(TERM="xterm")
    assert code == 0, output
    shown = [part.split("\n")[0] for part in output.split(ERASE)]
    progress = [line for line in shown if re.match(r"\d+ s, ", line)]
    assert re.fullmatch(r"\d+ s, reading the project", progress[0])
    assert any(
        re.match(r"\d+ s, [1-9]\d* of \d{3} seeds, models and tests: \w+", line)
        for line in progress
    )
    assert max(map(len, progress)) == 59
    # The text that remains: for each line, the text after its last erasure.
    lines = [line.split(ERASE)[-1] for line in output.split("\n")]
    assert lines.pop() == ""
    # Tests before this one add files.
    of_folder = ("Loaded ", "Ignored ")
    assert [line for line in lines if not line.startswith(of_folder)] == [
        line for line in built.stdout.splitlines() if not line.startswith(of_folder)
    ]


def test_another_build_is_named(built, project):
    """A build that meets another one shows a traceback, or escape codes on a dumb terminal."""
    os.utime(project.landing_file)
    with duckdb.connect(project.work):
        output, code = project.build_on_terminal(TERM="dumb")
    assert code == 2
    assert re.fullmatch(rf"Process {os.getpid()} \(.*\n", output), output
    assert "\x1b" not in output


@pytest.mark.parametrize("moment", ["reading the project", "models and tests: "])
def test_an_interrupted_build_says_so_in_a_sentence(built, project, moment):
    """Ctrl-C shows a traceback, waits for dbt, or changes the published file."""
    before = project.published.read_bytes()
    os.utime(project.landing_file)
    output, code = project.build_on_terminal(moment, TERM="xterm")
    assert code == 130
    *_, last_line = output.removesuffix("\n").split(ERASE)
    assert last_line == "Interrupted: the last published build is unchanged."
    assert "Traceback" not in output
    assert project.published.read_bytes() == before


def test_what_failed_is_told_line_by_line(built, project):
    """A failed model or data test is reported without its file, its reason or a row."""
    before = project.published.read_bytes()
    model = project.folder / "models/marts/quality/build_info.sql"
    code = model.read_text(encoding="utf-8")
    test = write_file(
        project.folder / "tests/reconciliation",
        "assert_nothing.sql",
        "select site_id from {{ ref('site_daily') }}",
    )
    model.write_text(code.replace("alerts.alert_count,", "alerts.nothing,"), encoding="utf-8")
    run = project.build()
    model.write_text(code, encoding="utf-8")
    test.unlink()
    assert (run.returncode, run.stderr) == (1, "")
    missing, warning, summary, row, *failures = run.stdout.splitlines()
    assert "warn_missing_quantity" in missing + warning
    assert re.match("Not published, '.*' is left as it was: failed: ", summary)
    assert re.match(r"assert_nothing found: \{'site_id': '1'\}", row)
    test_failure, model_failure = sorted(failures)
    path = r"\(tests/reconciliation/assert_nothing\.sql\)"
    assert re.fullmatch(rf"assert_nothing failed: found 1 {path}", test_failure)
    assert re.fullmatch(
        r'build_info failed: Binder Error: .*"nothing" '
        r"\(models/marts/quality/build_info\.sql\)",
        model_failure,
    )
    assert "Warning: warn_unknown_signals found 1: " in missing + warning
    assert project.published.read_bytes() == before


WRONG_ROWS = {
    "alert_catalog": (
        "a,maybe,,",
        "(alert_name 'a'): is_temperature_related is 'maybe'; it must be one of 'true', 'false'.",
    ),
    "landing_formats": (
        "x*.csv,#,,,,,,,,,",
        "(file_pattern 'x*.csv'): delimiter is '#'; it must be one of ',', ';', '|', 'tab', "
        "or empty.",
    ),
    "signal_catalog": (
        "x,temperature,kW,,,,,,",
        "(signal_name 'x'): unit is 'kW'; it must be one of '°C', 'Celsius', '°F', 'Fahrenheit', "
        "'K'.",
    ),
    "temperature_words": (
        "temp,end,,",
        "(word 'temp') repeats the word of line 2; remove one of the two.",
    ),
}


def test_a_wrong_row_of_a_seed_is_one_sentence(built, project):
    """A wrong cell or a repeated key of a seed is reported only by the name of a data test."""
    before = project.published.read_bytes()
    expected, texts = [], {}
    for seed, (row, sentence) in WRONG_ROWS.items():
        path = project.folder / f"seeds/{seed}.csv"
        texts[path] = path.read_text(encoding="utf-8")
        line = f"Line {len(texts[path].splitlines()) + 1} "
        expected.append(f"{seed} failed: {line}{sentence} (seeds/{seed}.csv)")
        path.write_text(texts[path] + row + "\n", encoding="utf-8")
    run = project.build()
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    assert (run.returncode, run.stderr) == (1, "")
    summary, *failures = run.stdout.splitlines()
    assert re.match("Not published, '.*' is left as it was: failed: ", summary)
    assert sorted(failures) == expected
    assert project.published.read_bytes() == before


def build_of(project, folder, **rows):
    """A build of one signal file, with changed values in its rows."""
    for number, row in enumerate(rows["rows"]):
        write_file(
            folder,
            rows.get("names", SIGNAL_FILE.format("{}")).format(number),
            csv_text(SIGNAL_HEADER, [READING | row]),
        )
    published = project.folder / "other/w.duckdb"
    run = project.build(
        LANDING_DIR=str(folder),
        WAREHOUSE_PATH=str(published),
        DBT_TARGET_PATH=str(project.folder / "other_target"),
    )
    assert run.stderr == ""
    return run.returncode, run.stdout.splitlines(), published


@pytest.fixture
def no_warehouse(project):
    """build_of starts from nothing, but its project is parsed; a new path would be parsed again."""
    folder = project.folder / "other"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (
            {"value": "hot\x1b[31m"},
            r"No reading could be loaded: all 1 rows .*, 1 because the value is not a number, such "
            r"as '.*,hot\\x1b\[31m,2022-03-12' in '.*'; write a number with a decimal point.*",
        ),
        ({"timestamp": "now"}, r".* the timestamp is not a number, .*; write epoch milliseconds.*"),
        ({"timestamp": 4_000_000_000_000}, r".* because .* later than its file: .*; touch the.*"),
    ],
)
def test_a_build_without_readings_stops(no_warehouse, project, tmp_path, row, sentence):
    """An empty build replaces a good one, or the reason is not reported."""
    code, _, published = build_of(project, tmp_path, rows=[{}])
    assert code == 0
    before = published.read_bytes()
    code, lines, _ = build_of(project, tmp_path, rows=[row])
    assert code == 1
    assert lines[0].startswith("Not published, ")
    assert re.fullmatch(f"stg_read_files failed: {sentence}", lines[1]), lines
    assert published.read_bytes() == before


def test_rejected_rows_and_idle_files_are_told(no_warehouse, project, tmp_path):
    """A build does not say why rows were rejected, or which file was ignored or not usable."""
    for name in ("inspection_e.csv", "signal\x1b.csv", "z.txt"):
        write_file(tmp_path, name, "a")
    rows = [
        {},
        {"value": "x"},
        {"value": "x"},
        {"site": ""},
        {"asset": ""},
        {"asset": "", "site": ""},
    ]
    names = SIGNAL_FILE.format("\x1b[2J\nLoaded \u202e{}")
    code, lines, _ = build_of(project, tmp_path, rows=rows, names=names)
    assert code == 0
    lines = [line for line in lines if not line.startswith("Warning: ")]
    assert lines[1] == (
        r"Ignored by their names: 'inspection_e.csv', 'signal\x1b.csv' and 1 more; "
        "reasons: from marts.load_audit."
    )
    assert (
        "Rejected: no site (2), the value is not a number (2), no asset (1); each row: " in lines[2]
    )
    shown = [SIGNAL_FILE.format(rf"\x1b[2J\nLoaded \u202e{number}") for number in (1, 2, 3)]
    for line, name in zip(lines[3:], shown, strict=False):
        assert line.startswith(f"No row of '{name}' is usable: ")
    assert lines[3].endswith("is usable: the value is not a number.")


def test_signals_without_a_temperature_are_no_answer(no_warehouse, project, tmp_path):
    """Without a temperature signal, the build says that 0 components are overheated."""
    rows = [{"signal_name": f"load {number}"} for number in range(30)]
    code, lines, published = build_of(project, tmp_path, rows=rows)
    assert code == 0
    answer = lines.index(
        "No signal is known as a temperature, so no component was judged: add the temperatures to "
        "seeds/signal_catalog.csv."
    )
    assert not any("Components above" in line for line in lines)
    names = " ".join(lines[answer + 1 : -1])
    assert re.split(r"[,:]\s+", names.strip()) == [
        "signals seen",
        *sorted(f"load {number}" for number in range(30)),
    ]
    assert max(map(len, lines[answer + 1 : -1])) <= 100
    sentence = "No signal is known as a temperature"
    for board, query, column, figure in [
        ("index", "figures", "overheated", None),
        ("overview", "headline", "judged_words", f"{sentence}: "),
    ]:
        run = subprocess.run(
            [BIN / "dct", "query", f"charts/{board}.yml", query, "--json"],
            check=True,
            cwd=ROOT,
            env={**os.environ, "WAREHOUSE_PATH": str(published)},
            capture_output=True,
            text=True,
        )
        (row,) = json.loads(run.stdout)["data"]
        assert row[column] == figure
    with duckdb.connect(published, read_only=True) as connection:
        build_info = connection.table("marts.build_info")
        (found,) = build_info.project("temperature_signals, other_signals").fetchall()
    assert found == (None, ", ".join(sorted(f"load {number}" for number in range(30))))


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"VARS": "{a"}, r"VARS is '\{a'; it must be YAML such as .*\."),
        ({"VARS": "{overheat_threshold_c: 105,5}"}, r"VARS is '.*105,5\}'; it must be .* 95\.5}\."),
        ({"VARS": "{'a\nb': 1}"}, r"VARS is '\{'a\\nb': 1\}'; it must be YAML .*\."),
        ({"VARS": "{window_seconds: 7}"}, r"window_seconds is 7; it must be a whole number .*\."),
        ({"LANDING_DIR": "/no\udcff"}, r"LANDING_DIR is not UTF-8: use another name\."),
        ({"LANDING_DIR": "no"}, r"There is nothing to load: the landing folder 'no' .*\."),
    ],
)
def test_an_error_is_one_sentence(project, variables, sentence):
    """A wrong setting shows a traceback, or the headings and times of dbt's log."""
    run = project.build("--full-refresh", **variables)
    assert run.returncode != 0
    output = run.stdout + run.stderr
    assert re.fullmatch(f"{sentence}\n", output), output
