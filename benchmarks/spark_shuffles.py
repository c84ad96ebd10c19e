"""The data that each model moves between workers: builds on Spark, and reads the plans.

.venv/bin/python benchmarks/spark_shuffles.py [landing folder]

Lists the exchanges of each model: rows, megabytes, and the columns that decide which rows come
together. A broadcast goes to all workers. Each exchange counts once, however often the plan uses
it.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLANS = ("SparkListenerSQLExecutionStart", "SparkListenerSQLAdaptiveExecutionUpdate")
MODEL = re.compile(r"InsertInto\S+ \S+/warehouse/(staging|intermediate|marts)\.db/(\w+),")


def read(path):
    """The last plan of each query, and the sum of each counter."""
    plans, counters = {}, Counter()
    with open(path, encoding="utf-8") as lines:
        for event in map(json.loads, lines):
            kind = event["Event"].rpartition(".")[2]
            if kind in PLANS:
                plans[event["executionId"]] = event["sparkPlanInfo"]
            elif kind == "SparkListenerTaskEnd":
                for counter in event["Task Info"]["Accumulables"]:
                    if str(counter.get("Update")).isdecimal():
                        counters[counter["ID"]] += int(counter["Update"])
            elif kind == "SparkListenerDriverAccumUpdates":
                counters.update(dict(event["accumUpdates"]))
    return plans.values(), counters


def nodes_of(plan):
    yield plan
    for child in plan["children"]:
        yield from nodes_of(child)


def key_of(shuffle):
    text = shuffle["simpleString"]
    if "SinglePartition" in text:
        return "all in one part"
    if "RoundRobin" in text:
        return "evenly"
    key = re.search(r"partitioning\((.*), \d+\)", text)[1]
    return re.sub(r"#\d+L?|knownfloatingpointnormalized|normalizenanandzero", "", key)


def exchanges_of(nodes, counters):
    for node in {str(node["metrics"]): node for node in nodes}.values():
        metrics = {metric["name"]: counters[metric["accumulatorId"]] for metric in node["metrics"]}
        if node["nodeName"] == "Exchange":
            rows, size = metrics["shuffle records written"], metrics["shuffle bytes written"]
            yield "shuffle", rows, size, key_of(node)
        elif node["nodeName"] == "BroadcastExchange":
            yield "broadcast", metrics["number of output rows"], metrics["data size"], ""


def build(landing, folder):
    """Runs make spark into its own folder, which also gets the log of Spark's work."""
    settings = {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": folder.as_uri(),
        "spark.eventLog.rolling.enabled": "false",
        "spark.eventLog.compress": "false",
        "spark.sql.maxMetadataStringLength": "2000",
    }
    options = " ".join(f"-D{name}={value}" for name, value in settings.items())
    environment = {
        "DBT_TARGET": "spark",
        "LANDING_DIR": str(landing),
        "SPARK_WAREHOUSE": str(folder / "spark"),
        "DBT_TARGET_PATH": str(folder / "dbt"),
        "SPARK_DRIVER_OPTIONS": f"{os.environ.get('SPARK_DRIVER_OPTIONS', '')} {options}",
    }
    subprocess.run(
        [sys.executable, ROOT / "scripts/build.py"],
        cwd=ROOT,
        env={**os.environ, **environment},
        check=True,
        stdout=sys.stderr,
    )
    (log,) = [path for path in folder.iterdir() if path.is_file()]
    return log


def main(landing="data/sample"):
    (ROOT / "target").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / "target") as folder:
        plans, counters = read(build(Path(landing).resolve(), Path(folder)))
    for plan in plans:
        nodes = list(nodes_of(plan))
        model = MODEL.search(" ".join(node["simpleString"] for node in nodes))
        if not model:
            continue
        joins = Counter(node["nodeName"] for node in nodes if "Join" in node["nodeName"])
        print(model[2], *(f"{count} {join}" for join, count in joins.items()), sep=", ")
        for kind, rows, size, key in exchanges_of(nodes, counters):
            print(f"  {kind:9}{rows:14,} rows{size / 1e6:10.2f} MB  {key}".rstrip())


if __name__ == "__main__":
    main(*sys.argv[1:])
