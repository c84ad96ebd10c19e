"""Builds the sample on a cluster and kills one of its workers: make spark-cluster.

    python benchmarks/spark_cluster.py [folder]     the folder of landing files (data/sample)

Starts a standalone Spark master and two workers on loopback, and runs the build of make spark
there. During the build, one worker is killed (-9). The build must succeed on the other worker, and
all marts must equal those of a build on this machine's cores alone. The results go to
benchmarks/results/spark_cluster.md.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from urllib.request import urlopen

import duckdb
import pyspark

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
RESULT = ROOT / "benchmarks/results/spark_cluster.md"
sys.path.append(str(ROOT / "tests/python"))

from marts import marts_of_folder, marts_that_differ  # noqa: E402

HOST = "127.0.0.1"
WORKER_COUNT = 2
MODELS_BEFORE_THE_KILL = 25  # of about 60: the large ones are running
PATIENCE_SECONDS = 1200  # without a worker, Spark waits for ever


def free_port():
    with socket.socket() as server:
        server.bind((HOST, 0))
        return server.getsockname()[1]


@contextmanager
def running(folder, name, *arguments):
    """One of Spark's own servers, as a process whose output goes into a file."""
    home = Path(pyspark.__file__).parent
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            [home / "bin/spark-class", *arguments],
            env={
                **os.environ,
                "SPARK_HOME": str(home),
                "SPARK_LOCAL_IP": HOST,
                "SPARK_DAEMON_MEMORY": "256m",
            },
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


class Cluster:
    """A master and its workers."""

    def __init__(self, folder, stack):
        self.port, self.ui_port = free_port(), free_port()
        stack.enter_context(
            running(
                folder,
                "master",
                *("org.apache.spark.deploy.master.Master", "--host", HOST),
                *("--port", str(self.port), "--webui-port", str(self.ui_port)),
            )
        )
        self.workers = [
            stack.enter_context(
                running(
                    folder,
                    f"worker-{number}",
                    *("org.apache.spark.deploy.worker.Worker", "--host", HOST),
                    *("--webui-port", str(free_port()), "--work-dir", str(folder / "work")),
                    *("--cores", "1", "--memory", "1g", self.url),
                )
            )
            for number in range(WORKER_COUNT)
        ]

    @property
    def url(self):
        return f"spark://{HOST}:{self.port}"

    def state(self):
        with urlopen(f"http://{HOST}:{self.ui_port}/json/", timeout=10) as answer:
            return json.load(answer)

    def alive_count(self):
        try:
            return self.state()["aliveworkers"]
        except OSError:  # the master is starting
            return 0


class Build:
    """make spark, as its own process, into its own folder."""

    def __init__(self, folder, landing, **environment):
        folder.mkdir()
        self.folder = folder
        self.log = folder / "logs/dbt.log"
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [BIN / "python", ROOT / "scripts/build.py"],
            cwd=ROOT,
            env={
                **os.environ,
                "DBT_TARGET": "spark",
                "LANDING_DIR": str(landing),
                "SPARK_LOCAL_IP": HOST,
                "SPARK_WAREHOUSE": str(folder),
                "SPARK_EXPORT": str(folder / "marts"),
                "DBT_TARGET_PATH": str(folder / "target"),
                "DBT_LOG_PATH": str(self.log.parent),
                "PYTHONDONTWRITEBYTECODE": "",
                **environment,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def model_count(self):
        """How many models are built so far."""
        return self.log.read_text().count(" OK created sql ") if self.log.exists() else 0

    def output(self):
        """The output of the build, once it has succeeded."""
        try:
            output, _ = self.process.communicate(timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise SystemExit(f"The build has not ended in {PATIENCE_SECONDS} s.") from None
        self.seconds = time.monotonic() - self.started
        if self.process.returncode or not (self.folder / "marts").exists():
            raise SystemExit(f"{output}\nThe build failed, or published nothing.")
        return output


def wait_for(condition, what):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"In {PATIENCE_SECONDS} s: {what}.")
        time.sleep(0.2)


def tell(text):
    print(text, file=sys.stderr, flush=True)


def build_on_cluster(folder, landing):
    """The build that loses a worker, and lines on the results."""
    with ExitStack() as stack:
        cluster = Cluster(folder, stack)
        wait_for(lambda: cluster.alive_count() == WORKER_COUNT, "no two workers came up")
        tell(f"{cluster.url}: {WORKER_COUNT} workers of one core are alive.")
        build = Build(
            folder / "cluster", landing, SPARK_MASTER=cluster.url, SPARK_EXECUTOR_MEMORY="700m"
        )
        stack.callback(build.process.kill)
        wait_for(
            lambda: (
                build.model_count() >= MODELS_BEFORE_THE_KILL or build.process.poll() is not None
            ),
            "the build did not come to its middle",
        )
        if build.process.poll() is not None:
            raise SystemExit(f"{build.output()}\nThe build ended before a worker could be killed.")
        busy = cluster.state()
        cluster.workers[0].kill()
        killed, killed_seconds = build.model_count(), time.monotonic() - build.started
        wait_for(lambda: cluster.alive_count() == WORKER_COUNT - 1, "the master misses no worker")
        tell(f"After {killed} models one of them was killed.")
        output = build.output()
        count = build.model_count()
        assert count > killed, "no model was built after the kill"
        return build, [
            f"- The cores in use before the kill: {busy['coresused']} of {busy['cores']}.",
            f"- One worker killed (-9) after {killed_seconds:.0f} s, with {killed} models built; "
            f"{count - killed} were built after it, on {cluster.alive_count()} worker.",
            f"- The build ended well after {build.seconds:.0f} s, and published:",
            "",
            "```text",
            *(
                line.replace(str(landing), landing.name)
                for line in output.splitlines()
                if line.startswith(("Loaded", "Components"))
            ),
            "```",
            "",
        ]


def main():
    landing = Path(sys.argv[1] if len(sys.argv) > 1 else "data/sample").resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        on_cluster, lines = build_on_cluster(folder, landing)
        tell("Now on this machine's cores alone.")
        local = Build(folder / "local", landing)
        local.output()
        with duckdb.connect() as connection:
            one, other = (marts_of_folder(build.folder / "marts") for build in (on_cluster, local))
            rows = sum(
                connection.execute(f"select count(*) from {table}").fetchone()[0]
                for table in one.values()
            )
            if different := list(marts_that_differ(connection, one, other)):
                raise SystemExit("\n".join(["The marts differ:", *different]))
    text = "\n".join(
        [
            "# A build on a cluster that loses a worker",
            "",
            f"Written by `make spark-cluster` on {date.today()}: Spark {pyspark.__version__}, a "
            f"standalone master and {WORKER_COUNT} workers on loopback, each of one core and 1 GB; "
            f"{os.cpu_count()} cores in all. The landing folder was `{landing.name}`.",
            "",
            *lines,
            f"- All {len(one)} marts but build_info, {rows:,} rows, are equal to those of a build "
            f"on this machine's cores alone, which took {local.seconds:.0f} s: the same keys and "
            "counts, floats to 1e-9.",
            "",
            "Both builds include the data tests. Times are of one run, and no benchmark.",
            "",
        ]
    )
    RESULT.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
