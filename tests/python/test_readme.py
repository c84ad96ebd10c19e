"""What the README promises: its commands, the answers it shows, the tables of the benchmarks."""

import json
import os
import re
import shutil
import subprocess
import sys

import duckdb
import pytest
from landing import BIN, ROOT, dbt_command

README = (ROOT / "README.md").read_text(encoding="utf-8")
YOUR_DATA = (ROOT / "docs/your-data.md").read_text(encoding="utf-8")


def make(*arguments, folder, **variables):
    """A target of the Makefile, with its own warehouse."""
    environment = {
        **os.environ,
        "WAREHOUSE_PATH": str(folder / "warehouse.duckdb"),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
        **variables,
    }
    environment.pop("LANDING_DIR", None)
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        check=False,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("readme")


@pytest.fixture(scope="module")
def built(folder):
    """`make build` of the sample: every model and every data test."""
    return make("build", folder=folder)


def text_blocks():
    return re.findall(r"```text\n(.*?)```", README, re.DOTALL)


def test_the_sample_builds_and_says_what_it_loaded(built, folder):
    """The sample does not build, a data test fails, or the closing lines are not the README's."""
    assert built.returncode == 0, built.stdout + built.stderr
    closing_lines = built.stdout.strip().splitlines()[-4:]
    shown = [
        line.replace("supercharger.duckdb", str(folder / "warehouse.duckdb"))
        for line in text_blocks()[0].strip().splitlines()
    ]
    assert closing_lines == shown


def test_the_unit_tests_pass(built, folder):
    """A model does not do with a few rows what its unit test says."""
    run = dbt_command(
        *("test", "--select", "test_type:unit"), folder=folder, landing_dir=ROOT / "data/sample"
    )
    assert run.returncode == 0, run.stdout


def test_every_variable_can_be_changed(tmp_path):
    """A model or a data test holds a variable's default for its value."""
    variables = (
        "{overheat_threshold_c: 95, window_seconds: 60, reading_max_age_seconds: 30, "
        "session_gap_seconds: 600, sensor_suspect_seconds: 60, alert_incident_gap_seconds: 10, "
        "watch_days: 1}"
    )
    run = make("build", f"VARS={variables}", folder=tmp_path)
    assert run.returncode == 0, run.stdout
    assert "Components above 95 °C in any 60 s period: 5, and 1 more" in run.stdout
    answers = make("answers", folder=tmp_path).stdout
    assert "95 °C (or what" in answers
    assert "in any period of 60 s" in answers, "the answers are told under other limits"
    assert "at most 30 s old" in answers
    assert "gaps of at most 10 s" in answers


def test_a_window_that_does_not_divide_a_day_is_refused(tmp_path):
    """Windows of 7 s would straddle midnight, and the days could not be told apart."""
    run = make("build", "VARS={window_seconds: 7}", folder=tmp_path)
    assert run.returncode != 0
    assert "window_seconds is 7; it must be a whole number" in run.stdout
    assert "Traceback" not in run.stdout + run.stderr


def test_answers_need_a_warehouse(tmp_path):
    """make answers makes an empty warehouse, or shows a traceback, where there is none."""
    run = make("answers", folder=tmp_path)
    assert run.returncode != 0
    assert "run make build first" in run.stdout
    assert not (tmp_path / "warehouse.duckdb").exists()


def test_the_answers_are_those_shown(built, folder):
    """An answer that the README shows is not what the analyses print."""
    printed = make("answers", folder=folder)
    assert printed.returncode == 0, printed.stderr
    cells = {clean(line) for line in printed.stdout.splitlines() if "│" in line}
    shown = [
        clean(line) for block in text_blocks() for line in block.splitlines() if line[:1] == "│"
    ]
    assert len(shown) > 20
    for row in shown:
        assert any(is_part(row, line) for line in cells), row


def clean(line):
    return tuple(cell.strip() for cell in line.strip("│\n").split("│"))


def is_part(row, line):
    """Whether the cells of a row stand in a printed line in their order; some may be left out."""
    cells = iter(line)
    return all(any(shown == cell for cell in cells) for shown in row)


def test_every_mart_is_in_the_table(built, folder):
    """Readers of the README do not learn of a mart."""
    (table,) = re.findall(r"\| to answer \| marts \|\n(.*?)\n\n", README, re.DOTALL)
    with duckdb.connect(folder / "warehouse.duckdb", read_only=True) as connection:
        marts = connection.sql(
            "select table_name from duckdb_tables() where schema_name = 'marts'"
        ).fetchall()
    assert set(re.findall(r"`(\w+)`", table)) == {name for (name,) in marts}


def test_the_queries_of_the_readme_run(built, folder):
    """A query that the README tells a reader to try fails."""
    queries = re.findall(r"```sql\n(.*?)```", README, re.DOTALL)
    assert queries
    run = subprocess.run(
        [BIN / "duckdb", "-bail", "-readonly", folder / "warehouse.duckdb", *queries],
        check=False,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr


def examples():
    """{heading: text} of the examples in docs/your-data.md."""
    parts = YOUR_DATA.split("### An example: ")[1:]
    return {part.splitlines()[0]: part.split("\n## ")[0] for part in parts}


@pytest.mark.parametrize("heading", examples())
def test_an_example_of_own_data_comes_out_as_shown(heading, tmp_path):
    """A file that docs/your-data.md shows is not read, or not as it says."""
    project = tmp_path / "project"
    left_out = [".git", ".venv*", "target", "logs", "data", "site", "export", "*.duckdb*"]
    shutil.copytree(ROOT, project, ignore=shutil.ignore_patterns(*left_out))
    (project / ".venv").symlink_to(ROOT / ".venv")
    example = examples()[heading]
    files = re.findall(r"`([\w/]+\.csv)`[^`]*:\n\n```csv\n(.*?)```", example, re.DOTALL)
    assert len(files) >= 3
    for path, lines in files:
        (project / path).parent.mkdir(exist_ok=True)
        with (project / path).open("a", encoding="utf-8") as file:
            file.write(lines)
    commands = re.findall(r"^\$ (.+)\n((?:(?!\$|```).+\n)+)", example, re.MULTILINE)
    assert len(commands) == 4
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("LANDING_DIR", "WAREHOUSE_PATH", "DBT_TARGET_PATH", "DBT_LOG_PATH")
    }
    for command, shown in commands:
        run = subprocess.run(
            ["bash", "-c", command],
            check=False,
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert run.returncode == 0, run.stdout + run.stderr
        printed = {clean(line) for line in run.stdout.splitlines()}
        assert {clean(line) for line in shown.splitlines()} <= printed, run.stdout
    if "depot" in example:
        environment["WAREHOUSE_PATH"] = "depot.duckdb"
        figures = board_figures("alerts", "answer", project, environment)
        assert (figures["power_kw"], figures["positive_c"]) == (145.5, 83.5)
        assert board_figures("index", "figures", project, environment)["alert_power_kw"] == 145.5


def board_figures(board, query, project, environment):
    """The one row of a query of a board."""
    run = subprocess.run(
        [BIN / "dct", "query", f"charts/{board}.yml", query, "--json"],
        check=True,
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
    )
    (row,) = json.loads(run.stdout)["data"]
    return row


def test_the_benchmarks_tables_are_the_last_measured():
    """The docs show figures that no benchmark wrote: run benchmarks/readme.py."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    from readme import blocks

    for name, tables in blocks().items():
        text = (ROOT / name).read_text(encoding="utf-8")
        for table in tables.values():
            assert table in text


def test_every_column_is_described(built, folder):
    """A model or one of its columns has no description, or a description has no column."""
    nodes = json.loads((folder / "target/manifest.json").read_text(encoding="utf-8"))["nodes"]
    described = {
        (node["schema"], node["name"], name)
        for node in nodes.values()
        if node["resource_type"] in ("model", "seed") and node["description"]
        for name, column in node["columns"].items()
        if column["description"]
    }
    with duckdb.connect(folder / "warehouse.duckdb.work", read_only=True) as connection:
        columns = connection.sql(
            "select schema_name, table_name, column_name from duckdb_columns() "
            "where not internal and schema_name <> 'landing' "
            "and table_name not in ('build_state', 'published_versions')"
        ).fetchall()
    assert set(columns) == described


def test_the_evidence_shown_is_that_of_the_watchlist(built, folder):
    """The sentence that the README quotes is not the evidence of the first component."""
    with duckdb.connect(folder / "warehouse.duckdb", read_only=True) as connection:
        evidence = connection.sql(
            "select evidence from marts.component_watchlist where concern_rank = 1"
        ).fetchall()[0][0]
    assert evidence in README.replace("\n> ", " ")


def test_the_note_on_trust_is_that_of_the_alerts(built, folder):
    """The README names other alerts, or another component, than the data."""
    with duckdb.connect(folder / "warehouse.duckdb", read_only=True) as connection:
        note = connection.sql(
            "select trust_note from marts.alert_outcomes where is_total"
        ).fetchall()[0][0]
    assert note in README.replace("\n> ", " ")


def test_the_pictures_are_small():
    """A picture of the README is missing, or slow to load."""
    pictures = re.findall(r"!\[.+?\]\((.+?)\)", README)
    assert len(pictures) == 3
    for picture in pictures:
        assert (ROOT / picture).stat().st_size < 300_000


def test_help_explains_every_target():
    """A target of the Makefile has no explanation."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^\.PHONY: (\w+)", makefile, re.MULTILINE)) - {"help"}
    shown = subprocess.run(["make", "help"], check=True, cwd=ROOT, capture_output=True, text=True)
    assert targets <= {line.split()[1] for line in shown.stdout.splitlines()}
