"""The promises of README and docs: links, commands, queries, answers, benchmark tables."""

import json
import os
import re
import shutil
import subprocess
import sys

import duckdb
import pytest
import yaml
from landing import BIN, ROOT, dbt_command

README = (ROOT / "README.md").read_text(encoding="utf-8")
ANSWERS = (ROOT / "docs/answers.md").read_text(encoding="utf-8")
MARTS = (ROOT / "docs/marts.md").read_text(encoding="utf-8")
YOUR_DATA = (ROOT / "docs/your-data.md").read_text(encoding="utf-8")

# Where each command of a sh block runs: a test, .ci/run, or a reason why it does not run.
SUITE = "it runs this file"
RUN_BY = {
    "make build": "test_readme.py::test_the_sample_builds_and_says_what_it_loaded",
    "make build VARS='{overheat_threshold_c: 95, window_seconds: 60}'": (
        "test_readme.py::test_every_variable_can_be_changed"
    ),
    "LANDING_DIR=/data/telemetry WAREHOUSE_PATH=/data/fleet.duckdb make build": (
        "test_readme.py::test_an_example_of_own_data_comes_out_as_shown"
    ),
    "LANDING_DIR=s3://bucket/prefix make build": (
        "test_object_storage.py::test_make_build_lists_a_store_each_time"
    ),
    "make -s build": "test_readme.py::test_the_sample_builds_and_says_what_it_loaded",
    ".venv/bin/python scripts/build.py --full-refresh": (
        "test_readme.py::test_a_day_is_rebuilt_as_shown"
    ),
    "make answers": "test_readme.py::test_the_answers_are_those_shown",
    "make help": "test_readme.py::test_help_explains_every_target",
    "make test": SUITE,
    "make test-all": SUITE,
    "make lint": ".ci/run",
    "make hooks": "changes the repository: not run",
    "make site": "test_site.py::test_every_page_opens_in_silence",
    "make -s site": "test_site.py::test_every_page_opens_in_silence",
    "make serve": "test_explorer.py::test_a_page_opens_in_silence_and_can_be_read",
    "make export": "test_site.py::test_the_exports_hold_the_marts",
    "make notify": ".ci/run",
    "make -s notify": ".ci/run",
    "make metrics": "test_figures.py::test_every_place_shows_the_same_figure",
    "make bench": ".ci/run",
    'make bench BENCH="--scales 1 3 10"': ".ci/run",
    "make spark": "test_spark.py::test_the_published_marts_of_the_sample_are_equal",
    "make spark-cluster": "takes minutes: run by hand, its result is in benchmarks/results",
    'make fleet FLEET="{landing_dir: target/fleet, sites: 2, components: 4, days: 1}"': (
        "test_readme.py::test_the_fleet_of_the_docs_is_generated"
    ),
    ".venv/bin/python generator/generate.py data/sample.args.yml": (
        "test_fleet.py::test_the_sample_is_what_the_generator_writes"
    ),
    ".venv/bin/duckdb -readonly supercharger.duckdb": (
        "test_readme.py::test_the_queries_of_the_docs_run"
    ),
    ".venv/bin/dbt parse": "test_commands.py::test_parse_has_no_warning",
}
# Docs whose commands one test runs completely.
RUN_WHOLE = {
    "docs/how-it-works.md": "test_readme.py::test_a_day_is_rebuilt_as_shown",
    "docs/metrics.md": "test_metrics.py::test_the_queries_of_the_docs_run",
}
SHELL_ONLY = ("#", "set -e", "cd ", "export ", "mkdir ", "mv ")


def docs():
    """{path: text} of the Markdown files in git."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "*.md"], check=True, cwd=ROOT, capture_output=True, text=True
    )
    paths = listed.stdout.strip("\0").split("\0")
    return {path: (ROOT / path).read_text(encoding="utf-8") for path in paths}


def blocks_of(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def prose(text):
    """A document without its fenced blocks."""
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


def commands(text):
    """The commands of the sh blocks, without comments and continued lines joined."""
    for block in blocks_of(text, "sh"):
        for line in block.replace("\\\n", " ").splitlines():
            command = re.sub(r"\s+#\s.*", "", line).strip()
            if command and not command.startswith(SHELL_ONLY):
                yield " ".join(command.split())


def anchors(text):
    """The anchors that GitHub gives the headings."""
    headings = re.findall(r"^#+ (.+)$", prose(text), re.MULTILINE)
    words = [re.sub(r"[^\w\- ]", "", re.sub(r"\]\(.*?\)", "", heading)) for heading in headings]
    return {heading.strip().lower().replace(" ", "-") for heading in words}


def test_every_link_leads_somewhere():
    """A relative link of a document points to a missing file or heading."""
    texts = docs()
    for path, text in texts.items():
        folder = (ROOT / path).parent
        for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", prose(text))):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            file = (folder / name).resolve() if name else ROOT / path
            assert file.exists(), f"{path}: {target}"
            if anchor:
                linked = texts[str(file.relative_to(ROOT))]
                assert anchor in anchors(linked), f"{path}: {target}"


def test_every_file_that_the_docs_name_exists():
    """A document names a project file that does not exist."""
    folders = "tests|benchmarks|macros|scripts|plugins|generator|charts|explorer|models|docs"
    for path, text in docs().items():
        for name in re.findall(rf"`((?:{folders})/[\w./-]+\.\w+)(?:::\w+)?`", prose(text)):
            assert (ROOT / name).exists(), f"{path}: {name}"


def test_every_make_target_of_the_docs_exists():
    """A document tells a reader to run a target that the Makefile does not have."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    for path, text in docs().items():
        shell = "\n".join(blocks_of(text, "(?:sh|console)"))
        for target in re.findall(r"\bmake (?:-\w )?([a-z-]+)", shell):
            assert target in targets, f"{path}: make {target}"


def test_every_command_of_the_docs_is_run():
    """A document shows a command that no test runs, or RUN_BY names a missing test."""
    shown = {path: set(commands(text)) for path, text in docs().items()}
    for path, typed in shown.items():
        assert path in RUN_WHOLE or typed <= RUN_BY.keys(), f"{path}: {typed - RUN_BY.keys()}"
    assert RUN_BY.keys() <= set().union(*shown.values()), "a command is in no document any more"
    for command, where in [*RUN_BY.items(), *RUN_WHOLE.items()]:
        if where == ".ci/run":
            target = re.search(r"make (?:-s )?[a-z-]+", command)[0].replace("-s ", "")
            steps = (ROOT / where).read_text(encoding="utf-8").splitlines()
            assert any(step.split(" BENCH")[0] == target for step in steps), command
        elif "::" in where:
            file, name = where.split("::")
            text = (ROOT / "tests/python" / file).read_text(encoding="utf-8")
            assert f"def {name}(" in text, where


def test_the_readme_is_short():
    """The README is longer than a newcomer reads, or has more than one picture."""
    assert len(README.splitlines()) <= 150
    assert len(re.findall(r"!\[.+?\]\(.+?\)", README)) == 1


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


def test_the_sample_builds_and_says_what_it_loaded(built, folder):
    """The sample does not build, a data test fails, or the closing lines differ from the README."""
    assert built.returncode == 0, built.stdout + built.stderr
    assert "Supercharger analytics 0.2.0\n" in built.stdout
    closing_lines = built.stdout.strip().splitlines()[-4:]
    shown = [
        line.replace("supercharger.duckdb", str(folder / "warehouse.duckdb"))
        for line in blocks_of(README, "text")[0].strip().splitlines()
    ]
    assert closing_lines == shown


def test_the_unit_tests_pass(built, folder):
    """A model's result for a few rows differs from its unit test."""
    run = dbt_command(
        *("test", "--select", "test_type:unit"), folder=folder, landing_dir=ROOT / "data/sample"
    )
    assert run.returncode == 0, run.stdout


def test_every_variable_can_be_changed(tmp_path):
    """A model or a data test uses a variable's default instead of its value."""
    variables = (
        "{overheat_threshold_c: 95, window_seconds: 60, reading_max_age_seconds: 30, "
        "session_gap_seconds: 600, sensor_suspect_seconds: 60, alert_incident_gap_seconds: 10, "
        "watch_days: 1}"
    )
    run = make("build", f"VARS={variables}", folder=tmp_path)
    assert run.returncode == 0, run.stdout
    assert "Components above 95 °C in any 60 s period: 5, and 1 more" in run.stdout
    answers = make("answers", folder=tmp_path).stdout
    assert "95 °C (or the signal's own limit" in answers
    assert "in any period of 60 s" in answers, "the answers are told under other limits"
    assert "at most 30 s old" in answers
    assert "gaps of at most 10 s" in answers


def test_a_window_that_does_not_divide_a_day_is_refused(tmp_path):
    """Windows of 7 s would cross midnight, and days could not be separated."""
    run = make("build", "VARS={window_seconds: 7}", folder=tmp_path)
    assert run.returncode != 0
    assert "window_seconds is 7; it must be a whole number" in run.stdout
    assert "Traceback" not in run.stdout + run.stderr


def test_answers_need_a_warehouse(tmp_path):
    """Without a warehouse, make answers creates an empty one or shows a traceback."""
    run = make("answers", folder=tmp_path)
    assert run.returncode != 0
    assert "run make build first" in run.stdout
    assert not (tmp_path / "warehouse.duckdb").exists()


def test_the_answers_are_those_shown(built, folder):
    """An answer in docs/answers.md differs from the output of the analyses."""
    printed = make("answers", folder=folder)
    assert printed.returncode == 0, printed.stderr
    cells = {clean(line) for line in printed.stdout.splitlines() if "│" in line}
    shown = [
        clean(line)
        for block in blocks_of(ANSWERS, "text")
        for line in block.splitlines()
        if line[:1] == "│"
    ]
    assert len(shown) > 20
    for row in shown:
        assert any(is_part(row, line) for line in cells), row


def test_the_readme_gives_the_four_answers(built, folder):
    """A figure of an answer in the README differs from the marts."""
    with duckdb.connect(folder / "warehouse.duckdb", read_only=True) as connection:
        overheated = connection.execute(
            "select component_id, round(max(peak_avg_temp_c), 2) "
            "from marts.overheated_components where not is_sensor_suspect "
            "group by component_id order by 2 desc"
        ).fetchall()
        (suspect,) = connection.execute(
            "select distinct component_id from marts.overheated_components where is_sensor_suspect"
        ).fetchone()
        power, component = connection.execute(
            "select max_power_kw, component_id from marts.overheated_windows "
            "where window_method = 'sliding' and not is_sensor_suspect "
            "order by max_power_kw desc limit 1"
        ).fetchone()
        averages = {
            (scope, signal.removeprefix("LM_")): (round(average, 2), count)
            for scope, signal, average, count in connection.execute(
                "select alert_scope, signal_name, avg_value, alert_count "
                "from marts.avg_readings_by_alert "
                "where is_total and is_temperature_related and alignment = 'last_known'"
            ).fetchall()
        }
        causes = dict(
            connection.execute(
                "select likely_cause, count(*) from marts.component_watchlist "
                "where confidence = 'named' group by likely_cause"
            ).fetchall()
        )
        (components,) = connection.execute(
            "select count(*) from marts.component_watchlist"
        ).fetchone()
    listed = [f"`{component_id}` ({peak} °C)" for component_id, peak in overheated]
    temperatures = ["handleNegCoreTempDegC", "handlePosCoreTempDegC", "pcbaTempDegC"]
    expected = [
        f"{len(listed)} components: {', '.join(listed[:-1])} and {listed[-1]};",
        f"a fourth, `{suspect}`,",
        f"{power} kW, at `{component}`.",
        f"{sum(causes.values())} of {components} components have a named cause: "
        + ", ".join(
            f"{causes[cause]} {cause.replace('_', ' ')}"
            for cause in ["contact_resistance", "weak_cooling", "hot_site", "sensor_fault"]
        ),
    ]
    for scope, alerts in [("all", "All {}"), ("trusted", "the {} trusted")]:
        first, second, third = (averages[scope, name][0] for name in temperatures)
        power, count = averages[scope, "powerLimit"]
        expected.append(
            f"{alerts.format(count)} alerts: {power} kW and {first}, {second} and {third} °C"
        )
    text = " ".join(README.split())
    for words in expected:
        assert words in text


def clean(line):
    return tuple(cell.strip() for cell in line.strip("│\n").split("│"))


def is_part(row, line):
    """Whether the cells of a row occur in a printed line in order; some may be left out."""
    cells = iter(line)
    return all(any(shown == cell for cell in cells) for shown in row)


def test_every_mart_is_in_the_table(built, folder):
    """docs/marts.md lacks a mart."""
    (table,) = re.findall(r"\| to answer \| marts \|\n(.*?)\n\n", MARTS, re.DOTALL)
    with duckdb.connect(folder / "warehouse.duckdb", read_only=True) as connection:
        marts = connection.sql(
            "select table_name from duckdb_tables() where schema_name = 'marts'"
        ).fetchall()
    assert set(re.findall(r"`(\w+)`", table)) == {name for (name,) in marts}


def test_the_queries_of_the_docs_run(built, folder):
    """A query in a document fails."""
    texts = docs().values()
    queries = [query for text in texts for query in blocks_of(text, "sql")]
    inline = r"`(from marts\.[^`…]+)`"
    queries += [f"{query};" for text in texts for query in re.findall(inline, prose(text))]
    assert len(queries) >= 5
    run = subprocess.run(
        [BIN / "duckdb", "-bail", "-readonly", folder / "warehouse.duckdb", *queries],
        check=False,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr


def test_every_variable_is_in_the_table():
    """docs/your-data.md lacks a variable, or shows another default."""
    project = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))
    shown = dict(re.findall(r"^\| `(\w+)` \| ([\d.]+) \|", YOUR_DATA, re.MULTILINE))
    assert shown == {name: str(value) for name, value in project["vars"].items()}


def copy_of_the_project(folder):
    """A copy of the project that commands of the docs may write into."""
    project = folder / "project"
    left_out = [".git", ".venv*", "target", "logs", "site", "export", "*.duckdb*"]
    shutil.copytree(ROOT, project, ignore=shutil.ignore_patterns(*left_out))
    (project / ".venv").symlink_to(ROOT / ".venv")
    return project


def default_environment():
    """The environment, without settings of the project."""
    settings = ("LANDING_DIR", "WAREHOUSE_PATH", "DBT_TARGET_PATH", "DBT_LOG_PATH")
    return {name: value for name, value in os.environ.items() if name not in settings}


def run_in(project, command):
    """The output of a command in the folder of the project."""
    run = subprocess.run(
        ["bash", "-e", "-c", command],
        check=False,
        cwd=project,
        env=default_environment(),
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def test_a_day_is_rebuilt_as_shown(tmp_path):
    """The commands of docs/how-it-works.md fail, or other days than stated get a new version."""
    project = copy_of_the_project(tmp_path)
    text = (ROOT / "docs/how-it-works.md").read_text(encoding="utf-8")
    (block,) = blocks_of(text, "sh")
    lines = run_in(project, block.replace("duckdb -readonly", "duckdb -csv -readonly")).splitlines()
    days = [line for line in lines if re.match(r"2022-03-\d\d", line)]
    before, after = days[: len(days) // 2], days[len(days) // 2 :]
    changed = [new[:10] for old, new in zip(before, after, strict=True) if old != new]
    assert [line[:10] for line in before] == [line[:10] for line in after]
    assert changed == ["2022-03-13", "2022-03-14"]
    operations = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    (anew,) = (line for line in commands(operations) if "--full-refresh" in line)
    assert "Loaded 14 of 14 files" in run_in(project, anew)


def test_the_fleet_of_the_docs_is_generated(tmp_path):
    """The fleet that the docs suggest is not written, or its truth file is missing."""
    project = copy_of_the_project(tmp_path)
    (command,) = {line for line in commands(YOUR_DATA) if line.startswith("make fleet")}
    run_in(project, command)
    assert list((project / "target/fleet").glob("*signals_data*"))
    assert (project / "target/fleet.truth.csv").stat().st_size > 0


def examples():
    """{heading: text} of the examples in docs/your-data.md."""
    parts = YOUR_DATA.split("### An example: ")[1:]
    return {part.splitlines()[0]: part.split("\n## ")[0] for part in parts}


@pytest.mark.parametrize("heading", examples())
def test_an_example_of_own_data_comes_out_as_shown(heading, tmp_path):
    """A file shown in docs/your-data.md is not read, or not as described."""
    project = copy_of_the_project(tmp_path)
    example = examples()[heading]
    files = re.findall(r"`([\w/]+\.csv)`[^`]*:\n\n```csv\n(.*?)```", example, re.DOTALL)
    assert len(files) >= 3
    for path, lines in files:
        (project / path).parent.mkdir(exist_ok=True)
        with (project / path).open("a", encoding="utf-8") as file:
            file.write(lines)
    typed = re.findall(r"^\$ (.+)\n((?:(?!\$|```).+\n)+)", example, re.MULTILINE)
    assert len(typed) == 4
    for command, shown in typed:
        printed = run_in(project, command)
        lines = {clean(line) for line in printed.splitlines()}
        assert {clean(line) for line in shown.splitlines()} <= lines, printed
    if "depot" in example:
        environment = {**default_environment(), "WAREHOUSE_PATH": "depot.duckdb"}
        figures = board_figures("alerts", "answer", project, environment)
        assert (figures["power_kw"], figures["positive_c"]) == (145.5, 83.5)
        assert board_figures("index", "figures", project, environment)["alert_power_kw"] == 145.5


def board_figures(board, query, project, environment):
    """The single row of a board's query."""
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
    """The sentence quoted in docs/answers.md is not the evidence of the first component."""
    with duckdb.connect(folder / "warehouse.duckdb", read_only=True) as connection:
        evidence = connection.sql(
            "select evidence from marts.component_watchlist where concern_rank = 1"
        ).fetchall()[0][0]
    assert evidence in ANSWERS.replace("\n> ", " ")


def test_the_note_on_trust_is_that_of_the_alerts(built, folder):
    """docs/answers.md names other alerts, or another component, than the data."""
    with duckdb.connect(folder / "warehouse.duckdb", read_only=True) as connection:
        note = connection.sql(
            "select trust_note from marts.alert_outcomes where is_total"
        ).fetchall()[0][0]
    assert note in ANSWERS.replace("\n> ", " ")


def test_the_pictures_are_small():
    """A picture of a document is missing, or slow to load."""
    pictures = {
        (ROOT / path).parent / picture
        for path, text in docs().items()
        for picture in re.findall(r"!\[.+?\]\((.+?)\)", prose(text))
    }
    assert len(pictures) >= 3
    for picture in pictures:
        assert picture.stat().st_size < 300_000


def test_help_explains_every_target():
    """A target of the Makefile has no explanation."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^\.PHONY: (\w+)", makefile, re.MULTILINE)) - {"help"}
    shown = subprocess.run(["make", "help"], check=True, cwd=ROOT, capture_output=True, text=True)
    assert targets <= {line.split()[1] for line in shown.stdout.splitlines()}
