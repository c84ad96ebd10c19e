"""What can only be seen from outside: odd paths, the DuckDB shells, and dbt's own warnings."""

import json
import os
import re
import shutil
import subprocess

import pytest
from landing import (
    BIN,
    ROOT,
    SIGNAL_FILE,
    SIGNAL_HEADER,
    csv_text,
    dbt_command,
    typed_dbt,
    write_file,
)

ODD = """it's "my" [fleet] (50 %)"""
READING = {
    "timestamp": 1647086400000,
    "site": "-2029174455",
    "asset": "007",
    "component": "-7",
    "signal_name": "LM_handleNegCoreTempDegC",
    "value": "105.5",
}
OLD_SHELL = ROOT / ".venv-shell-1.4"


def build(folder, landing_dir, warehouse, dbt=typed_dbt):
    run = dbt(
        *("build", "--exclude-resource-type", "unit_test"),
        folder=folder,
        landing_dir=landing_dir,
        warehouse=warehouse,
    )
    assert run.returncode == 0, run.stdout
    return warehouse


@pytest.fixture(scope="module")
def landing_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("landing") / f"{ODD} 1*2?"
    write_file(folder, SIGNAL_FILE.format("a"), csv_text(SIGNAL_HEADER, [READING]))
    return folder


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory, landing_dir):
    """A warehouse built from and into oddly named folders."""
    folder = tmp_path_factory.mktemp("warehouse")
    (folder / ODD).mkdir()
    return build(folder, landing_dir, folder / ODD / f"{ODD}.duckdb")


def answer(shell, warehouse):
    query = "select component_id, peak_avg_temp_c from marts.overheated_components"
    run = subprocess.run(
        [shell, "-readonly", "-json", warehouse, query], check=False, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_the_shell_of_the_lock_opens_the_warehouse(warehouse):
    """The shell version in the lock file cannot open the warehouse, or paths with quotes break."""
    expected = [{"component_id": "-7", "peak_avg_temp_c": 105.5}]
    assert answer(BIN / "duckdb", warehouse) == expected


def test_an_older_shell_opens_the_warehouse(warehouse):
    """DuckDB shells of 1.4 cannot open the warehouse: the file is of a newer format."""
    uv = shutil.which("uv", path=f"{BIN}{os.pathsep}{os.environ['PATH']}")
    subprocess.run(
        [uv, "sync", "--quiet", "--frozen", "--only-group", "old-shell"],
        check=True,
        cwd=ROOT,
        env={**os.environ, "UV_PROJECT_ENVIRONMENT": str(OLD_SHELL)},
    )
    shell = OLD_SHELL / "bin/duckdb"
    version = subprocess.run([shell, "--version"], check=True, capture_output=True, text=True)
    assert version.stdout.startswith("v1.4.")
    assert answer(shell, warehouse) == [{"component_id": "-7", "peak_avg_temp_c": 105.5}]


def test_relative_paths_start_at_the_working_directory(tmp_path, landing_dir):
    """Relative paths in LANDING_DIR and WAREHOUSE_PATH do not work."""
    relative = build(
        tmp_path,
        os.path.relpath(landing_dir, ROOT) + "/",
        os.path.relpath(tmp_path / f"{ODD}.duckdb", ROOT),
        dbt=dbt_command,
    )
    assert len(answer(BIN / "duckdb", ROOT / relative)) == 1


@pytest.mark.parametrize("names_by", ["options", "environment"])
def test_dbt_runs_from_any_folder(tmp_path, landing_dir, names_by):
    """dbt needs the project as its working directory, or relative paths start somewhere else."""
    folders = {"project-dir": os.path.relpath(ROOT, tmp_path), "profiles-dir": str(ROOT)}
    options = [part for name, path in folders.items() for part in (f"--{name}", path)]
    variables = {f"DBT_{name.upper().replace('-', '_')}": path for name, path in folders.items()}
    environment = {
        **os.environ,
        **{"LANDING_DIR": os.path.relpath(landing_dir, tmp_path), "WAREHOUSE_PATH": "w.duckdb"},
        **{"DBT_TARGET_PATH": str(tmp_path / "target"), "DBT_LOG_PATH": str(tmp_path / "logs")},
        **(variables if names_by == "environment" else {}),
    }
    for command in [
        ["build", "--exclude-resource-type", "unit_test"],
        ["show", "--inline", "from marts.component_watchlist", "--output", "json"],
        ["docs", "generate"],
    ]:
        run = subprocess.run(
            [BIN / "dbt", *command, *(options if names_by == "options" else [])],
            check=False,
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert run.returncode == 0, run.stdout
        if command[0] == "show":
            assert '"component_id": "-7"' in run.stdout
    assert len(answer(BIN / "duckdb", tmp_path / "w.duckdb")) == 1


def test_make_answers_what_it_can_in_any_locale(tmp_path):
    """A locale without UTF-8 stops make, or empty answers look like a fleet without heat."""
    folder = tmp_path / "Südpark"
    rows = [READING | {"signal_name": "Wärme"}, READING | {"signal_name": "Strom"}]
    write_file(folder, SIGNAL_FILE.format("a"), csv_text(SIGNAL_HEADER, rows))
    environment = {
        **{name: value for name, value in os.environ.items() if name != "LANG"},
        **{"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        **{"LANDING_DIR": str(folder), "WAREHOUSE_PATH": str(folder / "w.duckdb")},
        **{"DBT_TARGET_PATH": str(tmp_path / "target"), "DBT_LOG_PATH": str(tmp_path / "logs")},
    }
    sentence = "No signal is known as a temperature, so no component was judged: "
    for target in ("build", "answers"):
        run = subprocess.run(
            ["make", "--no-print-directory", target],
            check=False,
            cwd=ROOT,
            env=environment,
            capture_output=True,
            encoding="utf-8",
        )
        assert run.returncode == 0, run.stdout + run.stderr
        assert sentence in run.stdout
        assert re.search("[Ss]ignals seen: Strom, Wärme", run.stdout)
    assert run.stdout.startswith(sentence)
    assert "Question 4: " in run.stdout


def test_parse_has_no_warning(tmp_path):
    """dbt warns of something in the project, or will stop accepting it."""
    run = typed_dbt(
        *("--warn-error", "parse", "--no-partial-parse", "--show-all-deprecations"),
        folder=tmp_path,
        landing_dir=tmp_path,
    )
    assert run.returncode == 0, run.stdout
    assert not re.search(r"\b(warnings?|deprecat\w+)\b", run.stdout, re.IGNORECASE), run.stdout
