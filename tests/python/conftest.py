import os
from collections import defaultdict

import pytest
import tiers
from compiled import CompiledWarehouse, Compiler
from hypothesis import HealthCheck, Phase, settings
from landing import Warehouse

pytest_plugins = ["browser"]

FLEET_COUNT = os.environ.get("RANDOM_FLEETS")  # set it for a longer, random search

settings.register_profile(
    "same_every_time",
    derandomize=True,
    database=None,
    deadline=None,
    # Shrinking a failure would start dbt some hundred times more; the failing
    # component is printed instead.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)
settings.register_profile("random", settings.get_profile("same_every_time"), derandomize=False)
settings.load_profile("random" if FLEET_COUNT else "same_every_time")


def pytest_configure(config):
    config.fleet_count = int(FLEET_COUNT or 25)


def pytest_addoption(parser):
    words = "only what make test runs (quick), or only what it leaves out (rest)"
    parser.addoption("--tier", choices=["quick", "rest", "all"], default="all", help=words)


def pytest_ignore_collect(collection_path, config):
    if collection_path.suffix == ".py":
        return tiers.is_ignored(collection_path.name, config.getoption("tier")) or None
    return None


def pytest_collection_modifyitems(config, items):
    """Marks the tests with their groups, keeps those of the tier, the longest file first."""
    kept, left_out = [], []
    for item in items:
        group = tiers.group_of(item.path.name, item.originalname)
        if group:
            item.add_marker(group)
        is_kept = tiers.is_in(group, config.getoption("tier"))
        (kept if is_kept else left_out).append(item)
    config.hook.pytest_deselected(items=left_out)
    items[:] = sorted(kept, key=lambda item: -tiers.seconds_of(item.path.name))


def pytest_terminal_summary(terminalreporter, config):
    """Prints how long each file takes, the slowest first, and what was left out."""
    seconds = defaultdict(float)
    for reports in terminalreporter.stats.values():
        for report in reports:
            if hasattr(report, "duration"):
                seconds[report.nodeid.partition("::")[0]] += report.duration
    for path, total in sorted(seconds.items(), key=lambda item: -item[1]):
        terminalreporter.write_line(f"{total:6.0f} s {path}")
    if config.getoption("tier") == "quick":
        terminalreporter.write_line(tiers.left_out())


@pytest.fixture(scope="session")
def parsed_folder(tmp_path_factory):
    """Where the project was parsed once: a dbt that starts there need not parse it again."""
    return tmp_path_factory.mktemp("parsed")


@pytest.fixture(scope="session")
def manifest(parsed_folder):
    return Warehouse(parsed_folder, None).dbt("parse", landing_dir=parsed_folder)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory, manifest):
    """One warehouse for the tests of a file, with its seeds: a load replaces the models."""
    warehouse = Warehouse(tmp_path_factory.mktemp("warehouse"), manifest)
    warehouse.dbt("seed", landing_dir=warehouse.folder)
    return warehouse


@pytest.fixture(scope="session")
def compiler(tmp_path_factory, manifest):
    return Compiler(tmp_path_factory.mktemp("compiled"), manifest)


@pytest.fixture(scope="module")
def compiled_warehouse(compiler):
    """One database for the tests of a file: a load replaces the models."""
    return CompiledWarehouse(compiler)
