"""The daily run of docs/operations.md, as cron and systemd start it."""

import os
import re
import shutil
import subprocess

import pytest
from landing import ROOT
from test_notify import SECRET, webhook  # noqa: F401, a fixture
from test_readme import blocks_of

DOCS = (ROOT / "docs/operations.md").read_text(encoding="utf-8")


def block(language, part):
    """The block of the docs that contains a text."""
    (found,) = (text for text in blocks_of(DOCS, language) if part in text)
    return found


@pytest.fixture
def installed(tmp_path, webhook):  # noqa: F811
    """The docs' files with the paths of this test; returns {path of the docs: path here}."""
    places = {
        "/opt/supercharger/daily.sh": tmp_path / "daily.sh",
        "/opt/supercharger": ROOT,
        "/data/telemetry": tmp_path / "landing",
        "/data/fleet.duckdb": tmp_path / "fleet.duckdb",
        "/srv/site": tmp_path / "site",
        "/etc/supercharger.env": tmp_path / "supercharger.env",
        "/var/log/supercharger.log": tmp_path / "supercharger.log",
    }
    shutil.copytree(ROOT / "data/sample", places["/data/telemetry"])
    places["/etc/supercharger.env"].write_text(f"NOTIFY_URLS={webhook.url}\n")
    script = here(block("sh", "daily.sh"), places)
    # dbt must not touch the folder of another run.
    script = script.replace("export ", f"export DBT_TARGET_PATH={tmp_path / 'target'} ")
    places["/opt/supercharger/daily.sh"].write_text(script)
    return places


def here(text, places):
    for path, place in places.items():
        text = text.replace(path, str(place))
    return text


def run_by_cron(installed):
    """Runs the line of the crontab with the few variables that cron sets."""
    line = block("cron", "MAILTO").splitlines()[-1]
    command = line.split(maxsplit=5)[5]
    return subprocess.run(
        ["/bin/sh", "-c", here(command, installed)],
        env={
            **{"PATH": "/usr/bin:/bin", "SHELL": "/bin/sh", "LOGNAME": "supercharger"},
            "HOME": str(installed["/opt/supercharger/daily.sh"].parent),
        },
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )


def test_cron_builds_the_site_and_notifies(installed, webhook):  # noqa: F811
    """The daily run needs a variable that cron does not set, or mails when all is well."""
    run = run_by_cron(installed)
    log = installed["/var/log/supercharger.log"].read_text()
    assert run.stdout + run.stderr == "", log
    assert (installed["/srv/site"] / "index.html").is_file(), log
    (message,) = webhook.posted
    assert message["title"].startswith("Watchlist of 14 Mar 2022, against 13 Mar 2022: ")
    assert "https://site.example/component" in message["message"]
    assert SECRET not in log


def test_cron_mails_why_a_run_failed(installed, webhook):  # noqa: F811
    """A failed build is not mailed, or still sends a notification."""
    shutil.rmtree(installed["/data/telemetry"])
    run = run_by_cron(installed)
    assert str(installed["/data/telemetry"]) in run.stdout
    assert "Traceback" not in run.stdout
    assert not webhook.posted
    assert not installed["/srv/site"].exists()


@pytest.mark.skipif(
    not shutil.which("systemd-analyze") and "CI" not in os.environ,
    reason="systemd-analyze is missing",
)
def test_systemd_accepts_the_units(installed, tmp_path):
    """A unit has an unknown or misspelt line, or a wrong time."""
    failed = tmp_path / "supercharger-failed.service"
    failed.write_text("[Service]\nType=oneshot\nExecStart=/bin/true\n")
    units = [failed]
    for name in ("service", "timer"):
        unit = tmp_path / f"supercharger.{name}"
        unit.write_text(here(block("ini", unit.name), installed))
        units.append(unit)
    run = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
    service = units[1].read_text()
    assert re.search(r"^ExecStart=/bin/sh .*daily.sh$", service, re.MULTILINE)
    when = re.search(r"^OnCalendar=(.*)$", units[2].read_text(), re.MULTILINE)[1]
    run = subprocess.run(
        ["systemd-analyze", "calendar", "--base-time=2022-03-12 05:30:00 UTC", when],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "2022-03-13 05:30:00 UTC" in run.stdout
