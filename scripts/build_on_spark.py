"""dbt build on Apache Spark: make spark. It says in one sentence when Java is missing."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST_JAVA = 17  # that Spark 4 runs on
BIN = Path(sys.executable).parent


def java():
    """The Java that Spark will start."""
    home = os.environ.get("JAVA_HOME")
    return shutil.which(f"{home}/bin/java" if home else "java")


def java_problem():
    """Why Spark cannot start here, or nothing."""
    needed = (
        f"Apache Spark needs Java {OLDEST_JAVA} or later: install it (Debian: apt-get install "
        "openjdk-17-jre-headless), or set JAVA_HOME."
    )
    if not java():
        return f"No Java was found. {needed}"
    words = subprocess.run([java(), "-version"], capture_output=True, text=True).stderr
    version = re.search(r'version "(?:1\.)?(\d+)', words)
    if not version or int(version[1]) < OLDEST_JAVA:
        return f"{java()} is {words.splitlines()[0] if words else 'no Java'}. {needed}"
    return None


def main():
    if problem := java_problem():
        sys.exit(problem)
    # Or the name of the machine must be known to its network.
    if os.environ.get("SPARK_MASTER", "local").startswith("local"):
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    os.environ["DBT_TARGET"] = "spark"
    os.environ.setdefault("DBT_TARGET_PATH", "target/spark/dbt")
    # It speaks of tests of pyspark's own, and so to nobody here.
    os.environ.setdefault("PYTHONWARNINGS", "ignore::FutureWarning:pyspark.testing.utils")
    # Unit tests do not depend on the data: make test runs them.
    arguments = ["build", "--exclude-resource-type", "unit_test", "--vars", os.environ["VARS"]]
    dbt = BIN / "dbt"
    os.execv(dbt, [dbt, "--log-level", "warn", *arguments, *sys.argv[1:]])


if __name__ == "__main__":
    main()
