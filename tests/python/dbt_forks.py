"""dbt processes that start at once: forks of a server that has parsed the project.

Importing dbt and parsing take ten seconds, and a test needs its own process only if it kills dbt,
runs two of them, or reads what dbt prints. The server is a separate Python process without pytest's
threads; importing this module there parses the project. A fork cannot parse, because dbt's parser
would wait for threads of the server.
"""

import atexit
import multiprocessing
import os
import subprocess
import sys
import threading
from multiprocessing import forkserver
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from dbt.cli.main import dbtRunner
from landing import ROOT, dbt_paths, successful

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__])
LONGEST_SECONDS = 300  # a fork that hangs must fail its test
# Otherwise Python warns of the locks that a killed dbt leaves.
sys.warnoptions.append("ignore:resource_tracker:UserWarning")
IS_SERVER = "DBT_FORK_SERVER"  # a variable that only the server has


def parse():
    with TemporaryDirectory() as folder:
        paths = {"LANDING_DIR": folder, "WAREHOUSE_PATH": f"{folder}/warehouse.duckdb"}
        with mock.patch.dict(os.environ, paths):
            return successful("parse", dbtRunner().invoke(["--quiet", "parse", *dbt_paths(folder)]))


MANIFEST = parse() if os.environ.pop(IS_SERVER, None) else None


def start_server():
    """Starts the server unless it is already running."""
    with mock.patch.dict(os.environ, {IS_SERVER: "1", "PYTHONPATH": str(Path(__file__).parent)}):
        forkserver.ensure_running()


def run_dbt(arguments, environment, output):
    """Runs in the fork, and exits like dbt."""
    for stream in (1, 2):
        os.dup2(output.fileno(), stream)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    sys.argv = ["dbt", *arguments]
    run = dbtRunner(MANIFEST).invoke(arguments)
    atexit._run_exitfuncs()  # closes the warehouse, which a fork would otherwise skip
    sys.exit(2 if run.exception else int(not run.success))


class DbtFork:
    """A running dbt, with the part of subprocess.Popen that the tests use."""

    def __init__(self, arguments, environment):
        self.args = ["dbt", *arguments]
        start_server()
        self.receiver, sender = FORKS.Pipe(duplex=False)
        self.process = FORKS.Process(
            target=run_dbt, args=(arguments, environment, sender), daemon=True
        )
        self.process.start()
        sender.close()
        self.stdout = os.fdopen(self.receiver.fileno(), encoding="utf-8", closefd=False)
        self.pid = self.process.pid

    @property
    def returncode(self):
        return self.process.exitcode

    def poll(self):
        return self.returncode

    def wait(self, timeout=None):
        self.process.join(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired(self.args, timeout)
        return self.returncode

    def communicate(self):
        timer = threading.Timer(LONGEST_SECONDS, self.kill)
        timer.start()
        output = self.stdout.read()
        timer.cancel()
        self.wait()
        return output, None

    def send_signal(self, number):
        os.kill(self.pid, number)

    def kill(self):
        self.process.kill()
