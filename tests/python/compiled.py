"""The SQL of the project's models, compiled once and run without dbt.

On a small landing folder, dbt takes ten times as long as the engine. So tests of what the models
compute use CompiledWarehouse. Tests of what dbt does with them (incremental builds, hooks, data
tests, messages, publishing) use landing.Warehouse.
"""

import json
import re
import sys
from dataclasses import dataclass
from unittest import mock

import duckdb
from landing import ROOT, Warehouse, rows_of, sql_text

sys.path.append(str(ROOT / "plugins"))
import landing_files

FOLDER = "the folder"  # in compiled SQL
# The hooks of the models that read files: before and after the model.
HOOKS = {
    "stg_plain_rows": (["start_reading('is_plain')"], ["keep_odd_lines()", "end_reading()"]),
    "stg_line_rows": (
        ["start_reading('is_readable and not ' ~ is_typed())"],
        ["end_reading('is_first_of_line')"],
    ),
}


@dataclass
class Model:
    """A compiled model."""

    upstream: list[str]
    statements: list[str]


class Compiler:
    """Compiles all models for given variables, and the hooks."""

    def __init__(self, folder, manifest):
        self._warehouse = Warehouse(folder, manifest)
        self._models = {}
        self._warehouse.dbt("seed", landing_dir=FOLDER)
        self.seeds = self._warehouse.path  # a file that has only the seeds
        self.hooks = self._compile_hooks()

    def models(self, variables):
        """{name: Model} in upstream order."""
        key = json.dumps(variables, sort_keys=True)
        if key not in self._models:
            results = self._warehouse.dbt("compile", "--vars", key, landing_dir=FOLDER)
            nodes = {
                result.node.unique_id: result.node
                for result in results
                if result.node.resource_type == "model"
            }
            models = {}
            while len(models) < len(nodes):
                for node in nodes.values():
                    upstream = [nodes[up].name for up in node.depends_on.nodes if up in nodes]
                    if node.name not in models and all(name in models for name in upstream):
                        models[node.name] = self._model(node, upstream)
            self._models[key] = models
        return self._models[key]

    def forget(self):
        """Compiles again from now on, because a model has changed."""
        self._models = {}

    def _model(self, node, upstream):
        before, after = self.hooks.get(node.name, ("", ""))
        if node.name in HOOKS:
            written = [re.sub(r"\s", "", hook.sql) for hook in node.config.post_hook]
            expected = [re.sub(r"\s", "", "{{" + call + "}}") for call in HOOKS[node.name][1]]
            assert written == expected
        kind = "view" if node.config.materialized == "view" else "table"
        # The next compilation changes the node.
        creation = f"create or replace {kind} {node.schema}.{node.name} as {node.compiled_code}"
        return Model(upstream, [before, creation, after])

    def _compile_inline(self, call):
        inline = "-- depends_on: {{ ref('stg_landing_files') }}\n{{ " + call + " }}"
        (result,) = self._warehouse.dbt("compile", "--inline", inline, landing_dir=FOLDER)
        return result.node.compiled_code.partition("\n")[2]

    def _compile_hooks(self):
        """{model: [SQL before it, SQL after it]}."""
        this = self._compile_inline("this")
        # Here, no reader has left the tables that the hook looks for.
        macros = self._warehouse.manifest.macros
        keep_odd_lines = macros["macro.supercharger.default__keep_odd_lines"]
        condition = "if execute and run_query(tables_query).rows"
        assert keep_odd_lines.macro_sql.count(condition) == 1
        always = keep_odd_lines.macro_sql.replace(condition, "if execute")
        with mock.patch.object(keep_odd_lines, "macro_sql", always):
            hooks = {
                name: [
                    ";".join(self._compile_inline(call) for call in calls).replace(
                        this, f"staging.{name}"
                    )
                    for calls in before_and_after
                ]
                for name, before_and_after in HOOKS.items()
            }
        assert "odd_rows" in hooks["stg_plain_rows"][1]
        return hooks


class CompiledWarehouse:
    """A database in memory, with the part of landing.Warehouse that tests of models use."""

    def __init__(self, compiler):
        self._compiler = compiler
        self.plugin = landing_files.Plugin("landing_files", {"landing_dir": FOLDER})
        self.connection = duckdb.connect()
        self.connection.execute("""
            attach ':memory:' as warehouse;
            use warehouse;
            set timezone = 'UTC';
            set threads = 1;
            -- Tests write files of one name within the precision of its times.
            set enable_external_file_cache = false;
            set preserve_insertion_order = false;
            set disabled_optimizers = 'type_pushdown';
            create schema landing; create schema staging; create schema intermediate;
            create schema marts; create schema reference
        """)
        self.connection.execute(f"attach {sql_text(compiler.seeds)} as seeds (read_only)")
        for (name,) in self.connection.execute(
            "select table_name from duckdb_tables() where database_name = 'seeds' "
            "and schema_name = 'reference'"
        ).fetchall():
            self.connection.execute(f"create table reference.{name} as from seeds.reference.{name}")
        self.connection.execute("detach seeds")
        self.plugin.configure_connection(self.connection)

    def load(self, landing_dir, *names, variables=None):
        """Builds the models and everything upstream of them, or all models, from nothing."""
        models = self._compiler.models(variables or {})
        needed, found = set(), [*(names or models)]
        while found:
            name = found.pop()
            if name not in needed:
                needed.add(name)
                found += models[name].upstream
        self.plugin.folder = str(landing_dir)
        self.connection.execute(
            "create or replace table landing.files as "
            "select unnest(landing_files(null), recursive := true)"
        )
        for name, model in models.items():
            if name in needed:
                for statement in model.statements:
                    self.connection.execute(statement)
                # Otherwise the next reader's errors would be added to these.
                for table in ("typed_errors", "typed_scans"):
                    self.connection.execute(f"drop table if exists {table}")

    def rows(self, query):
        return rows_of(self.connection, query)
