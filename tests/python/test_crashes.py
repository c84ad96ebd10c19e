"""Builds that are killed, or run out of disk or memory: what readers and the next build see.

CI kills a few; `KILLS=50 .venv/bin/pytest -n 0 -s tests/python/test_crashes.py` kills many.
"""

import os
import signal
import subprocess
import time
from random import Random

import duckdb
import pytest
from landing import dbt_command, dbt_process, generate_fleet

KILL_COUNT = int(os.environ.get("KILLS", 6))
BUILD = ("--quiet", "build", "--exclude-resource-type", "unit_test")


def contents(path):
    """What a reader finds: the rows of each table, in any order, numbers to six digits.

    The last digits of a sum depend on the order of its rows, which no build guarantees; build_info
    has the time of the build.
    """
    with duckdb.connect(path, read_only=True) as connection:
        names = connection.sql(
            "select schema_name || '.' || table_name from duckdb_tables() "
            "where table_name <> 'build_info' order by all"
        ).fetchall()
        return {
            name: sorted(
                [f"{value:.6g}" if isinstance(value, float) else str(value) for value in row]
                for row in connection.sql(f"from {name}").fetchall()
            )
            for (name,) in names
        }


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("crashes")


@pytest.fixture(scope="module")
def fleets(folder):
    """Two landing folders with the same name: changing the day changes the fleet."""
    for name, start_date in [("first", "2022-03-12"), ("second", "2022-03-13")]:
        landing_dir = folder / name / "fleet"
        arguments = {"landing_dir": str(landing_dir), "sites": 1, "components": 1, "days": 1}
        run = generate_fleet(arguments | {"start_date": start_date})
        assert run.returncode == 0, run.stderr
    return [folder / name / "fleet" for name in ("first", "second")]


@pytest.fixture(scope="module")
def published(folder, fleets):
    run = dbt_command(*BUILD, folder=folder, landing_dir=fleets[0])
    assert run.returncode == 0, run.stdout
    return folder / "warehouse.duckdb"


@pytest.fixture(scope="module")
def good(folder, fleets):
    """What undisturbed builds of the two publish, and how long a build takes."""
    states, seconds = [], []
    for landing_dir in fleets:
        alone = folder / f"{landing_dir.parent.name}.duckdb"
        started = time.monotonic()
        run = dbt_command(*BUILD, folder=folder, landing_dir=landing_dir, warehouse=alone)
        seconds.append(time.monotonic() - started)
        assert run.returncode == 0, run.stdout
        states.append(contents(alone))
    assert states[0] != states[1]
    assert states[0].keys() == states[1].keys()
    return states, min(seconds)


def killed_build(folder, landing_dir, delay, at_publication):
    """Kills a build after a delay, counted from its start or from the start of publishing."""
    process = dbt_process(*BUILD, folder=folder, landing_dir=landing_dir)
    new = folder / "warehouse.duckdb.new"
    while at_publication and process.poll() is None and not new.exists():
        time.sleep(0.002)
    try:
        process.wait(delay)
        return "ended"
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        return "killed, publishing" if new.exists() else "killed"


def leftovers(folder):
    """Everything that a build may leave behind, but must have removed in the end."""
    kept = {"warehouse.duckdb", "warehouse.duckdb.work"}
    return sorted({path.name for path in folder.glob("warehouse.duckdb*")} - kept)


def test_killed_builds_harm_nothing(folder, fleets, good, published):
    """A killed build leaves a published file that is neither old nor new, or lasting damage."""
    states, seconds = good
    random = Random(KILL_COUNT)
    is_second = False
    outcomes = []
    # A build that ends before it is killed is checked, but not counted.
    for number in range(10 * KILL_COUNT):
        killed_count = sum(outcome != "ended" for outcome, _ in outcomes)
        if killed_count == KILL_COUNT:
            break
        at_publication = number % 3 == 2
        delay = random.uniform(0, 0.5 if at_publication else 0.8 * seconds)
        landing_dir = fleets[not is_second]
        outcome = killed_build(folder, landing_dir, delay, at_publication)
        is_new = contents(published) == states[not is_second]
        assert is_new or contents(published) == states[is_second], (number, delay, outcome)
        outcomes.append((outcome, "new" if is_new else "old"))

        # In half of the cases the next build is killed, too, before one runs undisturbed.
        if random.random() < 0.5 and killed_count < KILL_COUNT - 1:
            is_second = is_second != is_new
            continue
        (folder / "warehouse.duckdb.work.tmp").mkdir(exist_ok=True)
        (folder / "warehouse.duckdb.work.tmp/duckdb_temp_storage_DEFAULT-0.tmp").touch()
        run = dbt_command(*BUILD, folder=folder, landing_dir=landing_dir)
        assert run.returncode == 0, (number, delay, outcome, run.stdout)
        is_second = not is_second
        assert contents(published) == states[is_second], (number, delay, outcome)
        assert leftovers(folder) in ([], ["warehouse.duckdb.work.tmp"])
        assert not list(folder.glob("warehouse.duckdb.work.tmp/*"))
    assert killed_count == KILL_COUNT
    print({outcome: outcomes.count(outcome) for outcome in outcomes})
    assert ("killed", "old") in outcomes


@pytest.mark.parametrize("half_way", [False, True])
def test_a_killed_run_is_not_published_by_a_later_test(folder, fleets, published, half_way):
    """dbt test publishes a work file with tables of two runs."""
    work = folder / "warehouse.duckdb.work"
    before = published.read_bytes()
    run = dbt_command("--quiet", "run", folder=folder, landing_dir=fleets[0])
    assert run.returncode == 0, run.stdout
    if half_way:
        process = dbt_process("--quiet", "run", folder=folder, landing_dir=fleets[0])
        while process.poll() is None and not os.path.exists(f"{work}.wal"):
            time.sleep(0.002)
        time.sleep(0.5)
        process.kill()
        assert process.wait() == -signal.SIGKILL
    tests = ("--quiet", "test", "--exclude-resource-type", "unit_test")
    run = dbt_command(*tests, folder=folder, landing_dir=fleets[0])
    assert run.returncode == 0, run.stdout
    assert ("Not published" in run.stdout) == half_way
    assert (published.read_bytes() == before) == half_way


@pytest.fixture
def disk(folder, published):
    disk = folder / "disk"
    disk.mkdir()
    size = f"size={published.stat().st_size + 1_000_000}"
    if subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", disk], check=False).returncode:
        pytest.skip("only root can make a small disk")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_full_disk_ends_in_a_clear_message(folder, fleets, good, published, disk):
    """A full disk damages the published file, shows a traceback, or disturbs the next build."""
    copy = disk / "warehouse.duckdb"
    before = published.read_bytes()
    copy.write_bytes(before)
    run = dbt_command(*BUILD, folder=folder, landing_dir=fleets[1], warehouse=copy)
    assert run.returncode != 0
    assert "No space left on device" in run.stdout
    assert f"'{copy}.work.wal', which the next build creates again" in run.stdout
    assert "Not published" in run.stdout
    assert "Traceback" not in run.stdout
    assert copy.read_bytes() == before
    subprocess.run(["mount", "-o", "remount,size=100m", disk], check=True)
    run = dbt_command(*BUILD, folder=folder, landing_dir=fleets[1], warehouse=copy)
    assert run.returncode == 0, run.stdout
    assert contents(copy) == good[0][1]


def test_too_little_memory_ends_in_a_clear_message(folder, fleets, good, published, monkeypatch):
    """A memory limit that is too low, or none, damages the published file or shows a traceback."""
    before = published.read_bytes()
    for limit, sentence in [
        ("8MB", "memory is too little: raise DUCKDB_MEMORY_LIMIT."),
        ("1KB", "There is too little memory to open"),
        ("lots", "DUCKDB_MEMORY_LIMIT is 'lots'; it must be a size such as 4GB."),
    ]:
        monkeypatch.setenv("DUCKDB_MEMORY_LIMIT", limit)
        run = dbt_command(*BUILD, folder=folder, landing_dir=fleets[0])
        assert run.returncode != 0
        assert sentence in run.stdout
        assert "Traceback" not in run.stdout
        assert published.read_bytes() == before
    monkeypatch.delenv("DUCKDB_MEMORY_LIMIT")
    run = dbt_command(*BUILD, folder=folder, landing_dir=fleets[0])
    assert run.returncode == 0, run.stdout
    assert contents(published) == good[0][0]
