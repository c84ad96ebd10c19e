"""Which tests `make test` leaves out, and how long each file takes.

`make test` needs only the default packages, and a few minutes. `make test-all` also runs the
others. Each group is a pytest marker: `.venv/bin/pytest -m spark`.
"""

import re

from landing import ROOT

GROUPS = {
    "spark": "Spark",
    "browser": "the boards and the explorer in a browser",
    "boards": "boards",
    "metrics": "metrics",
    "notify": "notifications",
    "s3": "object storage",
    "fuzz": "damaged and random files",
    "crashes": "crashes and moving files",
    "slow": "many or long builds",
}
QUICK = None
# The group of each file, and its approximate seconds. The longest start first, so that no worker
# has to wait for one at the end. Each run prints the measured seconds at its end.
FILES = {
    "test_spark.py": ("spark", 800),
    "test_spark_increments.py": ("spark", 440),
    "test_explorer.py": ("browser", 300),
    "test_site.py": ("browser", 200),
    "test_publish.py": (QUICK, 200),
    "test_build_script.py": ("slow", 180),
    "test_increments.py": ("slow", 170),
    "test_crashes.py": ("crashes", 160),
    "test_object_storage.py": ("s3", 135),
    "test_hostile_input.py": ("fuzz", 105),
    "test_moving_files.py": ("crashes", 100),
    "test_figures.py": ("metrics", 100),
    "test_fuzz.py": ("fuzz", 90),
    "test_readme.py": (QUICK, 90),
    "test_commands.py": (QUICK, 85),
    "test_oracle.py": (QUICK, 70),
    "test_operations.py": ("notify", 60),
    "test_fleet.py": ("slow", 55),
    "test_staging.py": (QUICK, 40),
    "test_reproducible.py": ("slow", 35),
    "test_findings.py": ("slow", 35),
    "test_metrics.py": ("metrics", 30),
    "test_fleet_marts.py": ("slow", 25),
    "test_sliding_pruning.py": ("slow", 15),
    "test_rules.py": (QUICK, 13),
    "test_notify.py": ("notify", 10),
    "test_thermal.py": ("slow", 10),
    "test_exposures.py": (QUICK, 10),
}
# Single tests of quick files.
TESTS = {
    ("test_oracle.py", "test_readings_in_other_units_give_the_same_marts"): "slow",
    ("test_oracle.py", "test_marts_of_other_limits_equal_the_oracle"): "slow",
    ("test_oracle.py", "test_a_threshold_of_the_catalog_counts"): "slow",
    ("test_mutants.py", "test_a_sample_of_mutants_is_killed"): "slow",
    ("test_commands.py", "test_an_older_shell_opens_the_warehouse"): "slow",
    ("test_commands.py", "test_dbt_runs_from_any_folder"): "slow",
    ("test_publish.py", "test_a_path_that_is_not_utf8_is_refused"): "slow",
    ("test_readme.py", "test_a_day_is_rebuilt_as_shown"): "slow",
    ("test_readme.py", "test_every_variable_can_be_changed"): "slow",
    ("test_readme.py", "test_an_example_of_own_data_comes_out_as_shown"): "boards",
}


def group_of(file_name, test_name=""):
    return TESTS.get((file_name, test_name)) or FILES.get(file_name, (QUICK, 0))[0]


def seconds_of(file_name):
    return FILES.get(file_name, (QUICK, 0))[1]


def is_ignored(file_name, tier):
    """Whether all tests of a file are left out: it is not even imported."""
    has_group = group_of(file_name) is not QUICK
    if tier == "quick":
        return has_group
    return tier == "rest" and not has_group and not any(name == file_name for name, _ in TESTS)


def is_in(group, tier):
    return tier == "all" or (group is QUICK) == (tier == "quick")


def left_out():
    """The message of `make test` at its end."""
    counts = dict.fromkeys(GROUPS, 0)
    for path in sorted((ROOT / "tests/python").glob("test_*.py")):
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE):
            group = group_of(path.name, name)
            if group is not QUICK:
                counts[group] += 1
    groups = ", ".join(f"{counts[name]} of {words}" for name, words in GROUPS.items())
    return f"Left out tests: {groups}. make test-all runs them."
