"""Alters one model at a time and shows which test notices.

For each mutant of mutants.yml, in a copy of the project: runs the unit tests of the model, then a
build of all downstream models on the sample, with their data tests, then the Python tests that
look at a downstream model. The first test that fails has killed the mutant. Writes
results/mutants.md.

Results are also saved in target/mutants.jsonl: a stopped run continues from there, and after a
change of the project, the test that noticed before runs first.
"""

import argparse
import hashlib
import json
import multiprocessing
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from random import Random

import yaml

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks/results/mutants.md"
RECORD = ROOT / "target/mutants.jsonl"
LEAST_SHARE = 0.95
# The format of pytest. Text in brackets may contain blanks.
FAILED_TEST = r"^(?:FAILED|ERROR) tests/python/(.+?)(?: - .*)?$"
# The code that can decide whether a test notices.
CODE = [
    *("analyses", "data", "macros", "models", "plugins", "seeds", "tests"),
    *("README.md", "dbt_project.yml", "profiles.yml"),
]
# Python tests, the fastest to notice first, and the models whose rows they look at. A mutant runs
# only the tests of downstream models.
PYTHON_TESTS = {
    "test_staging.py": ["load_audit", "rejected_rows", "int_readings", "stg_alerts"],
    "test_sliding_pruning.py": ["int_sliding_periods"],
    "test_fleet_marts.py": [
        *("component_daily", "site_daily", "fleet_daily", "charging_sessions"),
        *("overheating_episodes", "alert_event_profile"),
    ],
    "test_thermal.py": ["component_watchlist"],
    "test_oracle.py": [
        *("overheated_components", "max_power_when_overheated", "avg_readings_by_alert"),
    ],
    # Files that move, then incremental builds.
    "test_moving_files.py::test_a_value_that_was_cut_is_not_kept": ["stg_read_files"],
    "test_moving_files.py::test_a_file_that_cannot_be_read_again_keeps_its_rows": ["rejected_rows"],
    "test_increments.py::test_a_rejected_row_is_not_looked_for_again": ["rejected_rows"],
    "test_increments.py": [
        *("stg_plain_rows", "stg_line_rows", "stg_read_files", "stg_file_series", "stg_days"),
        *("int_signal_windows", "int_repeated_rows", "int_series_days", "int_window_changes"),
        *("int_component_windows", "int_implausible_readings", "int_daily_parts"),
        *("int_sliding_periods", "int_judged_days", "int_thermal_windows"),
        *("int_stretch_balances", "int_daily_bins", "int_component_hours", "rejected_rows"),
    ],
    "test_hostile_input.py": ["load_audit"],
    "test_readme.py::test_the_answers_are_those_shown": ["component_watchlist"],
}


@dataclass
class Mutant:
    model: str
    change: str
    old: str
    new: str
    path: Path
    survives: str = ""  # the reason, if no test can notice

    @property
    def name(self):
        return f"{self.model}, {self.change}"


class NotAMutant(Exception):
    pass


def read_mutants(project):
    """The list, each with its file in a copy of the project."""
    models = {path.stem: path for path in (project / "models").rglob("*.sql")}
    entries = yaml.safe_load((ROOT / "benchmarks/mutants.yml").read_text(encoding="utf-8"))
    return [
        Mutant(
            **{name: text for name, text in entry.items() if name != "file"},
            path=project / entry["file"] if "file" in entry else models[entry["model"]],
        )
        for entry in entries
    ]


def copy_project(folder):
    project = folder / "project"
    left_out = (".git", ".venv*", "target", "logs", "site", "export", "*.duckdb*", "__pycache__")
    shutil.copytree(ROOT, project, ignore=shutil.ignore_patterns(*left_out))
    (project / ".venv").symlink_to(ROOT / ".venv")
    return project


class Suite:
    """The tests of a copy of the project, the fastest kind first."""

    def __init__(self, folder):
        self.project = copy_project(folder)
        sys.path.insert(0, str(self.project / "tests/python"))
        from landing import Warehouse

        self.warehouse = Warehouse(folder / "warehouse", None)
        self.warehouse.folder.mkdir()
        self.sample = self.project / "data/sample"
        self.manifest = self.warehouse.dbt("parse", landing_dir=self.sample)
        self.warehouse.dbt("build", "--log-level", "none", landing_dir=self.sample)
        self.built = shutil.copy(self.warehouse.path, folder / "built")
        self.sound = set()  # Python tests that pass without a mutant

    def killer(self, mutant, suspect):
        """The test that fails with a mutant; the suspect runs first."""
        original = mutant.path.read_text(encoding="utf-8")
        if original.count(mutant.old) != 1:
            raise NotAMutant("its text is not there just once")
        mutant.path.write_text(original.replace(mutant.old, mutant.new), encoding="utf-8")
        try:
            kinds = [self.unit_test, self.data_test, self.python_test]
            kinds.sort(key=lambda kind: kind.__name__.split("_")[0] != suspect.split(" ")[0])
            killer = next(filter(None, (kind(mutant, suspect) for kind in kinds)), None)
        finally:
            mutant.path.write_text(original, encoding="utf-8")
        if killer and killer.startswith("python test"):
            self.check_sound(killer)
        return killer

    def altered_models(self, mutant):
        """The model, or the models that use a macro of an altered file."""
        file = str(mutant.path.relative_to(self.project))
        macros = {
            name for name, macro in self.manifest.macros.items() if macro.original_file_path == file
        }
        users = self.manifest.macros.items()
        while (
            more := {name for name, macro in users if macros & set(macro.depends_on.macros)}
            - macros
        ):
            macros |= more
        return {mutant.model} | {
            node.name
            for node in self.manifest.nodes.values()
            if node.resource_type == "model" and macros & set(node.depends_on.macros)
        }

    def followers(self, mutant):
        """The altered models, and all downstream nodes."""
        children = self.manifest.child_map
        found = [f"model.supercharger.{name}" for name in self.altered_models(mutant)]
        for name in found:
            found += [child for child in children[name] if child not in found]
        return {self.manifest.nodes[name].name for name in found if name in self.manifest.nodes}

    def dbt(self, *arguments):
        """The first test that failed; a change that does not run at all is not a mutant."""
        quiet = ("--log-level", "none", "--no-print")
        outcome = self.warehouse.invoke(*arguments, *quiet, landing_dir=self.sample)
        if outcome.exception:
            raise NotAMutant(outcome.exception)
        failed = None
        for result in outcome.result:
            if result.status == "error":
                raise NotAMutant(f"{result.node.name}: {result.message}")
            if result.status == "fail":
                failed = failed or result.node.name
        return failed

    def unit_test(self, mutant, suspect):
        select = [f"{name},test_type:unit" for name in sorted(self.altered_models(mutant))]
        # Not --fail-fast: a failing test may close the connection of another running test.
        failed = self.dbt("test", "--select", *select)
        return failed and f"unit test `{failed}`"

    def data_test(self, mutant, suspect):
        shutil.copy(self.built, self.warehouse.path)
        select = [f"{name}+" for name in sorted(self.altered_models(mutant))]
        try:
            failed = self.dbt(
                *("build", "--fail-fast", "--select", *select),
                *("--exclude-resource-type", "unit_test"),
            )
        finally:
            shutil.copy(self.built, self.warehouse.path)
        return failed and f"data test `{failed}`"

    def python_test(self, mutant, suspect):
        followers = self.followers(mutant)
        tests = [test for test, looked_at in PYTHON_TESTS.items() if followers & set(looked_at)]
        if suspect.startswith("python test"):
            tests.insert(0, suspect.split("`")[1])
        failed = self.pytest(*tests) if tests else None
        return failed and f"python test `{failed}`"

    def pytest(self, *tests):
        run = subprocess.run(
            [
                *(
                    self.project / ".venv/bin/pytest",
                    "-q",
                    "-x",
                    "-n",
                    "0",
                    "-p",
                    "no:cacheprovider",
                ),
                *(f"tests/python/{test}" for test in tests),
            ],
            check=False,
            cwd=self.project,
            capture_output=True,
            text=True,
        )
        if run.returncode not in (0, 1):
            raise NotAMutant(run.stdout + run.stderr)
        failed = re.search(FAILED_TEST, run.stdout, re.MULTILINE)
        return failed and failed[1]

    def check_sound(self, killer):
        """A Python test that also fails without the mutant has killed nothing."""
        test = killer.split("`")[1]
        if test not in self.sound and self.pytest(test):
            raise NotAMutant(f"without it, too, this fails: {killer}")
        self.sound.add(test)


def start_worker(folder):
    global suite
    suite = Suite(Path(tempfile.mkdtemp(dir=folder)))


def work(number, suspect):
    """The test that killed a mutant, and any error."""
    try:
        return suite.killer(read_mutants(suite.project)[number], suspect), None
    except NotAMutant as error:
        return None, str(error)


class Record:
    """The results per mutant, saved as they are found."""

    def __init__(self):
        RECORD.parent.mkdir(exist_ok=True)
        RECORD.touch()
        self.lines = [json.loads(line) for line in RECORD.read_text().splitlines()]
        self.code = hashlib.md5()
        for top in CODE:
            for path in [ROOT / top, *sorted((ROOT / top).rglob("*"))]:
                if path.is_file() and "__pycache__" not in path.parts:
                    self.code.update(path.read_bytes())

    def version(self, mutant):
        """The version of the project with this mutant."""
        code = self.code.copy()
        code.update(f"{mutant.path.relative_to(ROOT)} {mutant.old} {mutant.new}".encode())
        return code.hexdigest()

    def find(self, mutant):
        """Whether the result for this version is known, and the current or earlier killer."""
        lines = [line for line in self.lines if line["mutant"] == mutant.name]
        now = [line for line in lines if line["version"] == self.version(mutant)]
        line = (now or lines or [{"killer": None}])[-1]
        return bool(now), line["killer"]

    def add(self, mutant, killer):
        line = {"mutant": mutant.name, "version": self.version(mutant), "killer": killer}
        with RECORD.open("a") as file:
            print(json.dumps(line), file=file)


def run(mutants, workers):
    """{mutant's number: what killed it} for some of the list."""
    record = Record()
    outcomes, suspects, broken = {}, {}, []
    for number, mutant in mutants.items():
        is_known, killer = record.find(mutant)
        (outcomes if is_known else suspects)[number] = killer
    if not suspects:
        return outcomes
    with (
        tempfile.TemporaryDirectory() as folder,
        ProcessPoolExecutor(
            min(workers, len(suspects)),
            multiprocessing.get_context("spawn"),
            start_worker,
            (folder,),
        ) as pool,
    ):
        tasks = {pool.submit(work, number, suspects[number] or ""): number for number in suspects}
        for task in as_completed(tasks):
            mutant = mutants[tasks[task]]
            killer, problem = task.result()
            if problem:
                broken.append(f"{mutant.name}: {problem}")
            else:
                record.add(mutant, killer)
                outcomes[tasks[task]] = killer
            words = "DOES NOT RUN" if problem else killer or "SURVIVES"
            print(f"{len(outcomes)}/{len(mutants)} {mutant.name}: {words}", flush=True)
    if broken:
        raise SystemExit("\n".join(["No mutants:", *broken]))
    return outcomes


def report(mutants, outcomes):
    killed = sum(bool(killer) for killer in outcomes.values())
    models = len({mutant.model for mutant in mutants.values()})
    lines = [
        "# Does the suite notice a mistake?",
        "",
        f"{len(outcomes)} mutants of {models} models, {killed} killed "
        f"({killed / len(outcomes):.1%}; target at least {LEAST_SHARE:.0%}). "
        "`benchmarks/mutants.py` makes this table: each row is one change of one model, and the "
        "first test that failed.",
        "",
        "| model | change | killed by |",
        "| --- | --- | --- |",
        *(
            f"| {mutant.model} | {mutant.change} "
            f"| {outcomes[number] or f'survives: {mutant.survives}'} |"
            for number, mutant in mutants.items()
        ),
        "",
    ]
    RESULT.write_text("\n".join(lines), encoding="utf-8")
    return killed / len(outcomes)


def sample(mutants, count):
    """Mutants that a unit test killed in the last full run; other code, another choice."""
    table = RESULT.read_text(encoding="utf-8")
    fast = [
        number
        for number, mutant in mutants.items()
        if f"| {mutant.model} | {mutant.change} | unit test" in table
    ]
    return {
        number: mutants[number] for number in Random(Record().code.digest()).sample(fast, count)
    }


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", nargs="*", help="only mutants of these; writes no table")
    parser.add_argument("--sample", type=int, help="only so many, chosen by the code; no table")
    parser.add_argument("--workers", type=int, default=2, help="at once, default 2")
    arguments = parser.parse_args()
    mutants = {
        number: mutant
        for number, mutant in enumerate(read_mutants(ROOT))
        if not arguments.models or mutant.model in arguments.models
    }
    if arguments.sample:
        mutants = sample(mutants, arguments.sample)
    outcomes = run(mutants, arguments.workers)
    if not (arguments.models or arguments.sample) and report(mutants, outcomes) < LEAST_SHARE:
        raise SystemExit("Too many mutants survive.")
    if unexplained := [
        mutant.name
        for number, mutant in mutants.items()
        if not outcomes[number] and not mutant.survives
    ]:
        raise SystemExit("Survive, and no reason is given:\n" + "\n".join(unexplained))


if __name__ == "__main__":
    main()
