"""Alters one model at a time and shows which test notices.

For each mutant of mutants.yml, in a copy of the project: the unit tests of the model, then a
build of what follows from it on the sample, with its data tests, then the files of Python tests
that concern most. The first test that fails has killed the mutant. Writes results/mutants.md.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks/results/mutants.md"
LEAST_SHARE = 0.95
PYTHON_TESTS = [
    f"tests/python/test_{name}.py"
    for name in ("oracle", "fleet_marts", "staging", "thermal", "increments", "readme")
]


@dataclass
class Mutant:
    model: str
    change: str
    old: str
    new: str
    path: Path
    survives: str = ""  # why no test can notice, where one does not


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
    """The tests of a project, each kind from the quickest on; `…_kills` names a failed test."""

    def __init__(self, project, folder):
        sys.path.insert(0, str(project / "tests/python"))
        from landing import Warehouse

        self.project = project
        self.warehouse = Warehouse(folder / "warehouse", None)
        self.warehouse.folder.mkdir()
        self.sample = project / "data/sample"
        self.warehouse.dbt("build", landing_dir=self.sample)
        self.built = shutil.copy(self.warehouse.path, folder / "built")

    def killer(self, mutant):
        return self.unit_test(mutant) or self.data_test(mutant) or self.python_test()

    def dbt(self, *arguments):
        """The first test that failed; what does not run at all is no mutant."""
        outcome = self.warehouse.invoke(*arguments, landing_dir=self.sample)
        if outcome.exception:
            raise NotAMutant(outcome.exception)
        failed = None
        for result in outcome.result:
            if result.status == "error":
                raise NotAMutant(f"{result.node.name}: {result.message}")
            if result.status == "fail":
                failed = failed or result.node.name
        return failed

    def unit_test(self, mutant):
        in_model = mutant.path.is_relative_to(self.project / "models")
        select = f"{mutant.model},test_type:unit" if in_model else "test_type:unit"
        failed = self.dbt("test", "--select", select)
        return failed and f"unit test `{failed}`"

    def data_test(self, mutant):
        shutil.copy(self.built, self.warehouse.path)
        select = ("--select", f"{mutant.model}+", "--exclude-resource-type", "unit_test")
        try:
            failed = self.dbt("build", *select)
        finally:
            shutil.copy(self.built, self.warehouse.path)
        return failed and f"data test `{failed}`"

    def python_test(self):
        for file in PYTHON_TESTS:
            if failed := self.pytest(file):
                return f"`{failed}`"
        return None

    def pytest(self, file):
        run = subprocess.run(
            [self.project / ".venv/bin/pytest", "-q", "-x", "-n", "0", file],
            check=False,
            cwd=self.project,
            capture_output=True,
            text=True,
        )
        if run.returncode not in (0, 1):
            raise NotAMutant(run.stdout + run.stderr)
        failed = re.search(r"^(?:FAILED|ERROR) tests/python/(\S+)", run.stdout, re.MULTILINE)
        return failed and failed[1]

    def confirm(self, killer):
        """A Python test that fails without the mutant, too, has killed nothing."""
        if killer and ".py::" in killer and self.pytest(f"tests/python/{killer.strip('`')}"):
            raise SystemExit(f"Without a mutant, too, this fails: {killer}")


def run(mutants, suite):
    for number, mutant in enumerate(mutants, 1):
        original = mutant.path.read_text(encoding="utf-8")
        if original.count(mutant.old) != 1:
            raise SystemExit(f"{mutant.model}, {mutant.change}: its text is not there just once")
        mutant.path.write_text(original.replace(mutant.old, mutant.new), encoding="utf-8")
        try:
            killer = suite.killer(mutant)
        except NotAMutant as error:
            raise SystemExit(f"{mutant.model}, {mutant.change}: does not run: {error}") from None
        finally:
            mutant.path.write_text(original, encoding="utf-8")
        suite.confirm(killer)
        words = killer or "SURVIVES"
        print(f"{number}/{len(mutants)} {mutant.model}, {mutant.change}: {words}", flush=True)
        yield mutant, killer


def report(outcomes):
    killed = sum(bool(killer) for _, killer in outcomes)
    models = len({mutant.model for mutant, _ in outcomes})
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
            f"| {mutant.model} | {mutant.change} | {killer or f'survives: {mutant.survives}'} |"
            for mutant, killer in outcomes
        ),
        "",
    ]
    RESULT.write_text("\n".join(lines), encoding="utf-8")
    return killed / len(outcomes)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", help="only mutants of these; writes no table")
    chosen = parser.parse_args().models
    with tempfile.TemporaryDirectory() as folder:
        project = copy_project(Path(folder))
        suite = Suite(project, Path(folder))
        mutants = [
            mutant for mutant in read_mutants(project) if not chosen or mutant.model in chosen
        ]
        outcomes = list(run(mutants, suite))
    survivors = [mutant for mutant, killer in outcomes if not killer]
    if not chosen and report(outcomes) < LEAST_SHARE:
        raise SystemExit("Too many mutants survive.")
    if unexplained := [mutant.change for mutant in survivors if not mutant.survives]:
        raise SystemExit(f"Survive, and no reason is given: {'; '.join(unexplained)}")


if __name__ == "__main__":
    main()
