"""The list of mutants, benchmarks/mutants.yml, and a sample of them."""

import subprocess
import sys

from landing import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))
from mutants import read_mutants


def test_every_mutant_still_applies():
    """The text that a mutant alters is missing in its model, or occurs more than once."""
    for mutant in read_mutants(ROOT):
        assert mutant.new != mutant.old
        count = mutant.path.read_text(encoding="utf-8").count(mutant.old)
        assert count == 1, f"{mutant.model}, {mutant.change}: found {count} times"


def test_every_model_has_a_mutant():
    """A model has no mutant: nothing shows that its tests notice a mistake."""
    models = {path.stem for path in (ROOT / "models").rglob("*.sql")}
    assert {mutant.model for mutant in read_mutants(ROOT)} == models


def test_a_sample_of_mutants_is_killed():
    """The unit tests of a model notice none of its mistakes."""
    command = [sys.executable, ROOT / "benchmarks/mutants.py", "--sample", "6", "--workers", "1"]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.count("unit test") == 6, run.stdout
