"""The exposures name the marts that boards and answers read: the lineage must be true."""

import re
from collections import defaultdict

import jinja2
import pytest
import sqlglot
import yaml
from landing import ROOT

BOARDS = {
    path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / "charts").glob("*.yml"))
    if path.stem != "meta"
}


class Anything(jinja2.ChainableUndefined):
    """A placeholder for a variable or another query, good enough for an SQL parser."""

    def __str__(self):
        return "anything"


def marts_read(board):
    """The tables of the schema marts in the queries of a board."""
    jinja = jinja2.Environment(undefined=Anything)
    return {
        table.name
        for query in board["queries"].values()
        for table in sqlglot.parse_one(
            jinja.from_string(query["sql"] if isinstance(query, dict) else query).render(),
            dialect="duckdb",
        ).find_all(sqlglot.exp.Table)
        if table.db == "marts"
    }


@pytest.fixture(scope="module")
def exposures(manifest):
    return {exposure.name: exposure for exposure in manifest.exposures.values()}


def marts_named(node):
    return {identifier.split(".")[-1] for identifier in node.depends_on.nodes}


@pytest.mark.parametrize("name", BOARDS)
def test_a_board_is_exposed_with_the_marts_it_reads(name, exposures):
    """A board and its exposure name different marts."""
    assert marts_read(BOARDS[name])
    assert f"board_{name}" in exposures, f"the board {name} has no exposure"
    assert marts_named(exposures[f"board_{name}"]) == marts_read(BOARDS[name])


@pytest.mark.parametrize("name", BOARDS)
def test_a_chart_holds_no_sql(name):
    """A chart has its own query, which the test above does not see."""
    board = BOARDS[name]
    layers = [layer for chart in board["charts"].values() for layer in chart.get("layers", [])]
    for chart in [*board["charts"].values(), *layers]:
        assert chart.get("query", next(iter(board["queries"]))) in board["queries"]


def test_a_question_is_exposed_with_the_marts_of_its_answer(manifest, exposures):
    """An analysis reads other marts than the exposure of its question names."""
    marts = defaultdict(set)  # a question may have several analyses
    for node in manifest.nodes.values():
        if node.resource_type == "analysis":
            marts["_".join(node.name.split("_")[:2])] |= marts_named(node)
    assert len(marts) == 5  # the findings, and four questions
    for question, named in marts.items():
        assert marts_named(exposures[question]) == named, question


def test_the_explorer_is_exposed_with_the_marts_it_reads(exposures):
    """A query of the explorer reads a mart that its exposure does not name."""
    read = {
        mart
        for path in (ROOT / "explorer/queries").glob("*.sql")
        for mart in re.findall(r"\bmarts\.([a-z_]+)", path.read_text())
    }
    assert marts_named(exposures["explorer"]) == read


def test_nothing_else_is_exposed(exposures):
    """An exposure belongs to no board or question, or has no owner or address."""
    questions = {f"question_{number}" for number in range(1, 5)}
    boards = {f"board_{name}" for name in BOARDS}
    assert exposures.keys() == questions | boards | {"findings", "explorer"}
    for exposure in exposures.values():
        assert exposure.owner.name
        assert exposure.maturity
        assert exposure.url
        assert exposure.description
