# Every target is one command of the project's tools; `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= python3
# Variables of dbt, as YAML: make build VARS='{overheat_threshold_c: 95}'
VARS ?= {}
FLEET ?= {landing_dir: target/fleet}
LANDING_DIR ?= data/sample
WAREHOUSE_PATH ?= supercharger.duckdb
PORT ?= 8050
QUERY ?= --metrics overheated_components,overheated_seconds,max_power_when_overheated_kw,avg_power_at_temperature_alert_kw,avg_power_at_trusted_temperature_alert_kw,utilisation_ratio
BENCH ?=
# Neither make nor the shell may run the text of these variables: it reaches the
# commands unchanged, through the environment.
override VARS := $(value VARS)
override FLEET := $(value FLEET)
override LANDING_DIR := $(value LANDING_DIR)
override WAREHOUSE_PATH := $(value WAREHOUSE_PATH)
override PORT := $(value PORT)
override QUERY := $(value QUERY)
override BENCH := $(value BENCH)
export VARS FLEET LANDING_DIR WAREHOUSE_PATH PORT QUERY BENCH
export DO_NOT_TRACK := 1
export UV_PYTHON_DOWNLOADS := never
# Names and messages are UTF-8, whatever the locale is.
export PYTHONUTF8 := 1
# Without byte code each start of dbt takes seconds longer.
unexport PYTHONDONTWRITEBYTECODE

UV_VERSION := 0.13.9
BIN := .venv/bin
UV := $(BIN)/uv
DBT := $(BIN)/dbt
BUILD := $(BIN)/python scripts/build.py
DUCKDB := $(BIN)/duckdb
DCT := $(BIN)/dct
MF := $(BIN)/mf
GENERATE := $(BIN)/python generator/generate.py

# Ctrl-C ends a recipe with one sentence. A variable takes the output of the
# interrupted command.
ON_INTERRUPT := trap 'echo "Interrupted."; exit 130' INT
# Queries the published warehouse, and prints the bare answer. Without a mode, the
# shell would query the terminal for its colours.
ASK := $(DUCKDB) -dark-mode -bail -no-init -noheader -list -cmd "attach '$${WAREHOUSE_PATH//\'/\'\'}' as warehouse (read_only)" -c
# If nothing could be judged, empty answers must not look like good news.
WARN_UNJUDGED := $(ASK) "select 'No signal is known as a temperature, so no component was judged: add the temperatures to seeds/signal_catalog.csv. Signals seen: ' || regexp_replace(left(other_signals, 1000), '\p{C}', '?', 'g') || '.' from warehouse.marts.build_info where temperature_signals is null"

.PHONY: help
help: ## explain every target
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' Makefile

$(BIN)/.synced: uv.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info[:2] <= (3, 13) else "Python 3.11, 3.12 or 3.13 is needed, %s is %s. Try: make PYTHON=python3.13" % (sys.executable, sys.version.split()[0]))'
	@echo "Installing into .venv (once, about a minute) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(UV) sync --quiet --frozen --inexact
	@touch $@

# Installs one of the optional groups of pyproject.toml.
$(BIN)/.synced-%: $(BIN)/.synced
	@echo "Installing the group $* (once) ..."
	@$(UV) sync --quiet --frozen --inexact --group $*
	@touch $@

.PHONY: build
build: $(BIN)/.synced $(if $(findstring s3://,$(LANDING_DIR)),$(BIN)/.synced-s3) ## load LANDING_DIR (data/sample) into WAREHOUSE_PATH (supercharger.duckdb), and test it
	@echo "Supercharger analytics $$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)"
	@$(BUILD)

.PHONY: spark
spark: export DBT_TARGET := spark
spark: $(BIN)/.synced-spark ## build the same models on Apache Spark, into target/spark
	@$(BUILD)

.PHONY: spark-cluster
spark-cluster: $(BIN)/.synced-spark ## the same on a local cluster, which loses a worker during the build
	@$(BIN)/python benchmarks/spark_cluster.py "$$LANDING_DIR"

.PHONY: answers
answers: $(BIN)/.synced ## print the answers in the terminal, from WAREHOUSE_PATH
	@test -f "$$WAREHOUSE_PATH" || { echo "There is no warehouse '$$WAREHOUSE_PATH' yet: run make build first."; exit 1; }
	@$(WARN_UNJUDGED)
	@# With the limits that the warehouse was built with.
	@$(ON_INTERRUPT); limits="$$($(ASK) "select regexp_replace(format('{{overheat_threshold_c: {}, window_seconds: {}, reading_max_age_seconds: {}, session_gap_seconds: {}, sensor_suspect_seconds: {}, alert_incident_gap_seconds: {}}}', overheat_threshold_c, window_seconds, reading_max_age_seconds, session_gap_seconds, sensor_suspect_seconds, alert_incident_gap_seconds), '\.0\b', '', 'g') from warehouse.marts.build_info")" \
	  && { log="$$($(DBT) --quiet compile --target scratch --select path:analyses --vars "$$limits" 2>&1)" || { echo "$$log"; exit 1; }; }
	@$(ON_INTERRUPT); for answer in "$${DBT_TARGET_PATH:-target}"/compiled/supercharger/analyses/*.sql; do \
	  echo; sed -n '/^-- /!q; s///p' "$$answer"; \
	  $(DUCKDB) -bail -no-init -nullvalue '' -cmd "attach '$${WAREHOUSE_PATH//\'/\'\'}' as warehouse (read_only)" -f "$$answer" || exit 1; done

.PHONY: metrics
metrics: export DBT_TARGET := published
metrics: $(BIN)/.synced-metrics ## print the headline metrics; docs/metrics.md says how to ask for more
	@test -f "$$WAREHOUSE_PATH" || { echo "There is no warehouse '$$WAREHOUSE_PATH' yet: run make build first."; exit 1; }
	@$(WARN_UNJUDGED)
	@$(DBT) --quiet parse --target-path target
	@# The proxy keeps mf from asking PyPI for a newer version; nothing needs a network.
	@set -f; HTTPS_PROXY=http://127.0.0.1:9 $(MF) query --decimals 3 $$QUERY

.PHONY: test
test: $(BIN)/.synced ## run the quick tests: SQL, oracle, staging, publishing, commands
	@$(BIN)/pytest --tier=quick

.PHONY: test-all
test-all: test $(patsubst %,$(BIN)/.synced-%,boards explorer metrics notify spark s3 s3-server) ## run all tests: also Spark, browser, object storage, fuzzing and crashes
	@$(BIN)/pytest --tier=rest

.PHONY: lint
lint: $(BIN)/.synced-boards ## check the style of SQL and Python, the rules of the project, the boards
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(MAKE) --no-print-directory -j2 lint-sql lint-models

# Each target has its own target folder, so that dbt parses only what changed.
.PHONY: lint-sql
# sqlfluff skips macros: they are checked in the models that use them.
lint-sql: export DBT_TARGET_PATH := target/lint_sql
lint-sql:
	@$(BIN)/sqlfluff lint --templater raw generator
	@$(BIN)/sqlfluff lint --templater placeholder --config explorer/.sqlfluff explorer scripts
	@# grep removes the reports of DuckDB's binding on objects open at exit.
	@# Garbage collection would take a third of the time.
	@set -o pipefail; $(BIN)/python -c 'import gc; gc.set_threshold(200_000); from sqlfluff.cli.commands import cli; cli()' lint models analyses tests/reconciliation tests/warnings 2>&1 | { grep -vE 'nanobind|^ - (leaked|\.\.\. skipped)|dbt templater' || true; }

.PHONY: lint-models
# Checks the rules and the boards against the current models, because an older
# warehouse could hide a renamed column. The check needs only the columns, no
# rows. It uses the build's own file: without rows and tests, none is published.
lint-models: export DBT_TARGET_PATH := target/lint
lint-models: export LANDING_DIR := data/sample
lint-models: export WAREHOUSE_PATH := target/lint.duckdb
lint-models:
	@mkdir -p target && rm -f target/lint.duckdb*
	@log="$$($(DBT) --quiet build --empty --exclude-resource-type test unit_test 2>&1)" || { echo "$$log"; exit 1; }
	@$(DBT) --quiet docs generate --no-compile
	@log="$$($(BIN)/dbt-bouncer --show-all-failures 2>&1)" || { echo "$$log"; exit 1; }
	@set -o pipefail; WAREHOUSE_PATH=target/lint.duckdb.work $(DCT) validate --strict --warehouse 2>&1 | { grep -v ' OK$$' || true; }
	@echo "The models follow the rules, and the boards match the marts."

.PHONY: hooks
hooks: $(BIN)/.synced ## check what is changed at each git commit, from now on
	@$(BIN)/pre-commit install

.PHONY: site
site: $(BIN)/.synced-boards ## write the boards, the dbt docs and the lineage to site/, to be opened offline
	@$(BIN)/python scripts/build_site.py

.PHONY: serve
serve: $(BIN)/.synced-explorer ## explore the warehouse in the browser, on 127.0.0.1 (PORT=8050), read-only
	@$(BIN)/python explorer/app.py

.PHONY: notify
notify: $(BIN)/.synced-notify ## report what is new, worse or gone on the watchlist, and send it to NOTIFY_URLS
	@$(BIN)/python scripts/notify.py

.PHONY: export
export: $(BIN)/.synced-boards ## write the marts to export/ as Parquet, CSV and a Tableau extract
	@$(BIN)/python scripts/export.py

.PHONY: fleet
fleet: $(BIN)/.synced ## generate a fleet: make fleet FLEET="{landing_dir: target/fleet, components: 50, days: 2}"
	@$(GENERATE) -- "$$FLEET"

.PHONY: bench
bench: $(BIN)/.synced-bench ## measure against Polars, chDB and pandas: make bench BENCH="--scales 1 3 10"
	@# The variable has several arguments: it is split, but not expanded.
	@set -f; $(BIN)/python benchmarks/bench.py $$BENCH

.PHONY: docs
docs: $(BIN)/.synced ## write the dbt docs as one page, target/static_index.html
	@$(DBT) --quiet docs generate --static

.PHONY: clean
clean: ## remove target/, logs/ and the warehouse; keeps .venv
	@rm -rf target logs site export "$$WAREHOUSE_PATH.work.tmp"
	@rm -f -- "$$WAREHOUSE_PATH.notified" "$$WAREHOUSE_PATH"{,.work,.new}{,.wal{,.checkpoint,.recovery}}
