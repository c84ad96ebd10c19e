"""The rules of dbt-bouncer.yml: a pattern without a match would check nothing."""

import copy
import json
import re
import subprocess

import duckdb
import pytest
import yaml
from landing import BIN, ROOT

RULES = yaml.safe_load((ROOT / "dbt-bouncer.yml").read_text(encoding="utf-8"))
EVERY_RULE = {
    f"{rule['name']}:{place}"
    for checks in ("manifest_checks", "catalog_checks")
    for place, rule in enumerate(RULES[checks])
}


def spoil(project):
    """Breaks every rule in a manifest, most of them by one model of each layer."""

    def named(kind, name):
        return next(node for node in project[kind].values() if node["name"] == name)

    def identifier(name):
        return named("nodes", name)["unique_id"]

    def reads(name, *others):
        named("nodes", name)["depends_on"]["nodes"] += others

    models = [node for node in project["nodes"].values() if node["resource_type"] == "model"]
    (files,) = project["sources"].values()
    lines, unused = (copy.deepcopy(files) | {"name": name} for name in ("lines", "unused"))
    for source in (lines, unused):
        source["unique_id"] = f"source.supercharger.landing.{source['name']}"
        source["identifier"] = source["name"]
        project["sources"][source["unique_id"]] = source
    staging, intermediate, mart = (
        named("nodes", name) for name in ("stg_days", "int_frozen_runs", "build_info")
    )

    # Names and folders.
    staging["schema"] = intermediate["schema"] = mart["schema"] = "elsewhere"
    intermediate["patch_path"] = "supercharger://models/elsewhere/_elsewhere.yml"
    named("nodes", "int_alerts")["original_file_path"] = "models/elsewhere/int_alerts.sql"
    files["original_file_path"] = "models/staging/sources.yml"

    # Lineage.
    reads("stg_days", identifier("int_frozen_runs"))
    reads("int_frozen_runs", identifier("build_info"))
    reads("build_info", files["unique_id"], lines["unique_id"])
    troubles = [identifier("sensor_faults"), identifier("int_sensor_days")]
    reads("rejected_rows_by_reason", *troubles)
    named("nodes", "site_daily")["depends_on"]["nodes"] = []
    lines["identifier"] = files["identifier"]
    mart["raw_code"] = "select now() from marts.load_audit;"
    for name in ("overheated_components", "stg_line_rows"):
        reads(name, *[model["unique_id"] for model in models[:7]])
    for model in models[:11]:
        reads(model["name"], identifier("max_power_when_overheated"))
    for model in models:
        inputs = model["depends_on"]["nodes"]
        model["depends_on"]["nodes"] = [name for name in inputs if name != unused["unique_id"]]
        if model["name"].startswith("stg_"):
            model["config"]["materialized"] = "view"

    # Access, contracts and exposures.
    mart["access"] = mart["config"]["access"] = "protected"
    intermediate["access"] = intermediate["config"]["access"] = "public"
    for exposure in project["exposures"].values():
        exposure["depends_on"]["nodes"] = [identifier("stg_days")]
    exposure["description"] = ""
    exposure["owner"]["name"] = None
    exposure["depends_on"]["nodes"] = []
    for semantic_model in project["semantic_models"].values():
        semantic_model["depends_on"]["nodes"] = [identifier("stg_days")]

    # Tests.
    for kind in ("nodes", "unit_tests"):
        for test in [*project[kind].values()]:
            is_test = test["resource_type"].endswith("test")
            if is_test and identifier("int_components") in test["depends_on"]["nodes"]:
                del project[kind][test["unique_id"]]

    # Docs.
    mart["description"] = "One row."
    files["description"] = files["source_description"] = ""
    seed = named("nodes", "cause_catalog")
    seed["description"] = ""
    macro = copy.deepcopy(named("macros", "mean"))
    macro |= {"unique_id": "macro.supercharger.Unused", "name": "Unused", "description": ""}
    macro["arguments"][0]["description"] = ""
    project["macros"][macro["unique_id"]] = macro

    # Last, because everything else looks nodes up by name.
    staging["name"], intermediate["name"], mart["name"] = "days", "frozen_runs", "stg_build_info"
    seed["name"] = "causes"
    return project


def spoilt_catalog(project):
    """Tables with undescribed columns whose names contradict their types."""
    types = {
        "Column": "BIGINT",
        "is_hot": "VARCHAR",
        "hot": "BOOLEAN",
        "fired_at": "DATE",
        "alert_count": "DOUBLE",
        "site_id": "BIGINT",
        "avg_temp_c": "VARCHAR",
    }
    names = ["model.supercharger.alert_readings", "seed.supercharger.alert_catalog"]
    project["nodes"][names[0]]["columns"]["site_id"]["description"] = ""
    return {
        "metadata": {},
        "sources": {},
        "nodes": {
            name: {
                "unique_id": name,
                "metadata": {"type": "BASE TABLE", "schema": "s", "name": name.split(".")[-1]},
                "columns": {
                    column: {"name": column, "type": kind, "index": place}
                    for place, (column, kind) in enumerate(types.items())
                },
                "stats": {},
            }
            for name in names
        },
    }


@pytest.fixture(scope="module")
def failures(manifest, tmp_path_factory):
    """The output of dbt-bouncer for a project that breaks every rule."""
    folder = tmp_path_factory.mktemp("rules")
    manifest.write(str(folder / "manifest.json"))
    project = spoil(json.loads((folder / "manifest.json").read_text()))
    (folder / "catalog.json").write_text(json.dumps(spoilt_catalog(project)))
    (folder / "manifest.json").write_text(json.dumps(project))
    (folder / "rules.yml").write_text(
        yaml.safe_dump({**RULES, "dbt_artifacts_dir": str(folder)}, sort_keys=False)
    )
    run = subprocess.run(
        [
            *(BIN / "dbt-bouncer", "--config-file", folder / "rules.yml"),
            *("--output-file", folder / "failures.json", "--output-only-failures"),
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1, run.stdout + run.stderr
    return json.loads((folder / "failures.json").read_text())


def test_every_rule_can_be_broken(failures):
    """A rule of dbt-bouncer.yml finds nothing in a project that breaks it."""
    broken = {":".join(failure["check_run_id"].split(":")[:2]) for failure in failures}
    assert sorted(EVERY_RULE - broken) == []


def test_what_breaks_a_rule_is_said(failures):
    """A rule crashes on the violation that it should report."""
    said = [failure["failure_message"] for failure in failures]
    assert [message for message in said if "encountered an error" in message] == []


def test_valid_rows_says_what_is_wrong_with_a_row(warehouse, tmp_path):
    """The one test of a model misses a null or a repeat in a key, or a broken condition."""
    arguments = "['a', 'b'], ['c > 0', \"d <> 'it''s'\"], [['d']]"
    inline = ("compile", "--inline", "{{ test_valid_rows('tested_rows', " + arguments + ") }}")
    (result,) = warehouse.dbt(*inline, landing_dir=tmp_path)
    with duckdb.connect() as connection:
        connection.execute("""
            create table tested_rows as
            from (values
                (1, 1, 1, 'fine'), (1, 2, null, 'c is null'),
                (2, 1, 1, 'one'), (2, 1, 1, 'other'), (3, null, 1, 'no b'),
                (4, 1, 1, null), (5, 1, 1, 'twice'), (6, 1, 1, 'twice'),
                (7, 1, 0, 'zero'), (8, 1, 1, 'it''s')
            ) as tested_rows (a, b, c, d)
        """)
        found = connection.execute(f"select problem, a from ({result.node.compiled_code})")
        assert sorted(found.fetchall()) == [
            ("not true: c > 0", 7),
            ("not true: d <> 'it''s'", 8),
            ("null in key: b", 3),
            ("null in key: d", 4),
            *(("repeated key: a, b", 2), ("repeated key: a, b", 2)),
            *(("repeated key: d", 5), ("repeated key: d", 6)),
        ]


def test_every_engine_has_every_macro():
    """A macro of macros/engine lacks an engine or a description, or nothing uses it."""
    described = yaml.safe_load((ROOT / "macros/engine/_engine.yml").read_text())["macros"]
    described += yaml.safe_load((ROOT / "macros/_macros.yml").read_text())["macros"]
    described = {
        macro["name"]: [argument["name"] for argument in macro.get("arguments", [])]
        for macro in described
        if len(macro["description"]) > 10
    }
    found, dispatched = {}, set()
    for file in (ROOT / "macros").rglob("*.sql"):
        text = file.read_text(encoding="utf-8")
        dispatched |= set(re.findall(r"adapter\.dispatch\('(\w+)'\)", text))
        for name, arguments in re.findall(r"\{% macro (\w+)\((.*?)\) -?%\}", text, re.DOTALL):
            if "engine" in file.parts:
                arguments = re.sub(r"=('[^']*'|\[\]|\{\}|\w+)", "", arguments)
                found[name] = re.findall(r"\w+", arguments)
    assert dispatched
    for name in dispatched:
        assert {f"default__{name}", f"spark__{name}"} <= found.keys(), f"{name} lacks an engine"
    places = ("dbt_project.yml", "macros/**/*.sql", "models/**/*.sql", "tests/**/*.sql")
    files = [file for place in places for file in ROOT.glob(place)]
    code = "".join(file.read_text(encoding="utf-8") for file in files)
    for name, arguments in found.items():
        if "__" not in name:
            calls = re.findall(rf"(?<!macro )\b{name}\(", code)
            assert calls, f"nothing uses {name}"
            assert described.get(name) == arguments, f"{name} is not described with its arguments"
