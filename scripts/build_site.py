"""Writes the boards, the method, the dbt docs and the column lineage as one site for file://.

Every page that a board links to becomes a file of its own, such as /component?component=7. All
boards read the same copy of the warehouse, so they agree even if a build publishes a new one
meanwhile.

dct draws a board as one picture of a fixed width. This script turns its charts and texts into
blocks of the page, which wrap on a phone and break between printed pages.
"""

from outputs import open_marts, replaced_folder, warehouse_path

# isort: split
import gc
import json
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import yaml
from dbt_charts.agent_api import InMemoryBoard, ProjectSession
from dbt_charts.core.compile import compile_file
from lxml import html
from lxml.builder import E
from PIL import Image
from site_pages import page_name

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
PICTURES = ["overview", "watchlist"]
# Pages that are not boards, by the name that boards use in links. The lineage opens at the table at
# its end, with the neighbouring tables.
OTHER_PAGES = {
    "docs": "docs.html",
    "lineage": "lineage.html?model=model.supercharger.component_watchlist&parents=1&children=1",
}
NAVIGATION = " · ".join(
    f"[{name}](/{slug})"
    for slug, name in {
        "index": "All boards",
        "overview": "Overview",
        "watchlist": "Watchlist",
        "sites": "Sites and assets",
        "components": "All components",
        "overheating": "Overheating",
        "alerts": "Alerts",
        "power_temperature": "Power and temperature",
        "data_quality": "Data quality",
    }.items()
)
# The height of a printed page, and of one part of a longer table, in the units of a board.
PAGE_HEIGHT = 800
PART_HEIGHT = 400
BEHIND = (
    "**Behind the figures:** [tables and columns, with their meaning](/docs) · "
    "[where each column comes from](/lineage) · "
    "[how alerts and signals are aligned, the method of question 3](/method)"
)
# With this, the browser itself refuses all requests to the network.
NO_NETWORK = (
    '<meta http-equiv="Content-Security-Policy" content="default-src data: blob:; '
    "script-src 'unsafe-inline' 'unsafe-eval' blob:; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'\">"
)
STYLE = """
main { max-width: 1208px; margin: 0 auto; padding: 8px 0 32px; color: #222222;
       font: 13.5px/1.5 'Inter Variable', system-ui, sans-serif; }
h1 { font-size: 26px; font-weight: 500; line-height: 1.2; margin: 24px 16px; }
h2 { font-size: 16px; font-weight: 500; margin: 16px 16px 8px; }
p { max-width: 1000px; margin: 0 16px 12px; overflow-wrap: anywhere; }
p.item { display: list-item; margin-left: 36px; }
.row { display: flex; flex-wrap: wrap; }
figure { margin: 0; max-width: 100%; overflow-x: auto; }
figure svg { display: block; break-inside: avoid; }
a { color: #1B5E9E; text-decoration: underline; }
a text, a tspan { fill: #1B5E9E; text-decoration: underline; }
@page { size: A4 landscape; margin: 10mm; }
@media print {
  .row { flex-wrap: nowrap; }
  main { padding: 0; }
  figure { min-width: 0; overflow: visible; }
  figure svg { max-width: 100%; height: auto; }
}
"""
WAREHOUSE_AGE = """
select
    coalesce(strftime(last_reading_at, 'Last reading %-d %b %Y %H:%M UTC'), 'No reading')
    || strftime(built_at, ', built on %-d %b %Y %H:%M UTC.')
from marts.build_info
"""


class BoardError(Exception):
    """A board that cannot be drawn, or that has a broken link."""


def run_tool(what, *command, **options):
    run = subprocess.run(
        [BIN / command[0], *command[1:]],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="backslashreplace",
        **options,
    )
    if run.returncode != 0:
        reason = " ".join(run.stdout.split())[-300:]
        raise SystemExit(f"{what} cannot be written; is a build running? {reason}")


def write_page(path, page):
    path.write_text(page.replace("<head>", f"<head>{NO_NETWORK}", 1), encoding="utf-8")


def write_dbt_docs(target_path, folder):
    command = ["dbt", "--quiet", "docs", "generate", "--static", "--target-path", target_path]
    run_tool("The dbt docs", *command, cwd=ROOT)
    page = Path(target_path, "static_index.html").read_text(encoding="utf-8")
    # Addresses that the page fills in later, or never; the browser would request them.
    page = page.replace('xlink:href="{{ getIcon', 'ng-attr-xlink:href="{{ getIcon')
    page = page.replace("${require('./assets/favicons/favicon.ico')}", "data:,")
    write_page(folder / "docs.html", page)


def write_lineage(target_path, folder):
    with tempfile.TemporaryDirectory() as scratch:
        command = ["colibri", "generate", "--disable-telemetry", "--output-dir", scratch]
        command += ["--manifest", target_path / "manifest.json"]
        command += ["--catalog", target_path / "catalog.json"]
        run_tool("The lineage", *command, cwd=scratch)
        page = Path(scratch, "index.html").read_text(encoding="utf-8")
    write_page(folder / "lineage.html", page)


def variables_of(query):
    return tuple(sorted(parse_qsl(query, keep_blank_values=True)))


def as_paragraphs(block):
    """The drawn lines of a text as HTML, which wraps on a narrow page."""
    paragraphs, last_y, is_item = [], None, False
    for line in block.xpath(".//circle | .//text"):
        if line.tag == "circle":  # the bullet of a list item
            last_y, is_item = None, True
            continue
        y, size = float(line.get("y")), float(line.get("font-size"))
        if last_y is None or y - last_y > 1.5 * size:
            paragraphs.append(E.h2() if size > 13 else E.p({"class": "item"} if is_item else {}))
            is_item = False
        last_y = y
        for part in line.iter("text", "tspan"):
            part.tag = "span"
        line.attrib.clear()
        line.tail = " "
        paragraphs[-1].append(line)
    return paragraphs


def extent(part):
    """The top and bottom of a text, a rectangle or a small chart in a table."""
    if part.tag == "g":
        top = float(re.fullmatch(r"translate\(.+, (.+)\)", part.get("transform"))[1])
        return top, top + 12
    if part.tag == "rect":
        return float(part.get("y")), float(part.get("y")) + float(part.get("height"))
    places = [float(y) for y in part.xpath("descendant-or-self::*/@y")]
    return min(places) - 10, max(places) + 3


def rows_of(cells):
    """The cells of a drawn table by row, from the top: overlapping cells share a row."""
    rows, end = [], 0
    for cell in sorted(cells, key=extent):
        start, cell_end = extent(cell)
        if not rows or start >= end:
            rows.append((start, []))
        rows[-1][1].append(cell)
        end = max(end, cell_end)
    return rows


def parts_of(chart):
    """The chart and its top; a table longer than a printed page is cut between rows."""
    table = chart.find("g")
    height = float(chart.get("data-chart-height"))
    is_long = chart.get("data-chart-type") == "table" and height > PAGE_HEIGHT
    parts = [(0, chart)]
    if not is_long or {cell.tag for cell in table} - {"text", "rect", "a", "g"}:
        return parts
    inner = chart.find("rect[@class='dbt-box-inner']")
    for start, cells in rows_of(table):
        top = start + float(inner.get("y"))
        if top - parts[-1][0] > PART_HEIGHT:
            parts.append((top, E.g({"transform": table.get("transform")})))
        if len(parts) > 1:
            parts[-1][1].extend(cells)
    return parts


def as_figure(chart, board):
    width, height = chart.get("data-chart-width"), float(chart.get("data-chart-height"))
    # The script of dct looks for these attributes when it shows tooltips.
    attributes = {name: value for name, value in board.items() if name.startswith("data-dbt-")}
    parts = parts_of(chart)
    ends = [top for top, _ in parts[1:]] + [height]
    figure = E.figure()
    for (top, part), end in zip(parts, ends, strict=True):
        size = {"viewBox": f"0 {top} {width} {end - top}", "width": width}
        figure.append(E.svg(attributes | size | {"height": str(end - top)}, part))
    return figure


def as_blocks(page):
    """Converts the charts and texts of the picture to blocks in the flow of the page."""
    board = page.find(".//svg")
    main = E.main(E.h1(board.get("data-dbt-page-title")))
    for row in board.xpath("./g[not(@data-authored-kind)]/*[self::g or self::svg]"):
        for text in row.xpath(".//g[@data-authored-kind='text']"):
            main.extend(as_paragraphs(text))
        charts = row.xpath("descendant-or-self::g[@class='dbt-chart']")
        if charts:
            main.append(E.div({"class": "row"}, *[as_figure(chart, board) for chart in charts]))
    # Only fonts and gradients remain.
    for drawn in board.xpath("./*[not(self::defs)]"):
        drawn.drop_tree()
    board.attrib.clear()
    board.set("style", "position: absolute; width: 0; height: 0")
    page.find("body").append(main)
    page.find("head").append(E.style(STYLE))


class Boards:
    """The boards of the project, drawn one page at a time."""

    def __init__(self, session, method, age):
        self.session = session
        self.age = age
        paths = [path for path in session.project.iter_boards() if not path.is_meta]
        contents = {
            Path(path.relpath).stem: yaml.safe_load(path.read_board().content) for path in paths
        }
        contents["index"]["rows"].append({"text": BEHIND})
        contents["method"] = {
            "title": "What did a handle read when an alert fired?",
            "rows": [{"text": method}],
        }
        # Compiled once, because the board of a component is drawn for each component.
        self.boards = {
            slug: compile_file(self.with_navigation(slug, board))
            for slug, board in contents.items()
        }

    def with_navigation(self, slug, board):
        """The board as dct serve shows it, with links to the others and the age of the data."""
        board["rows"].insert(0, {"text": f"{NAVIGATION}\n\n{self.age}"})
        path = self.session.project.path(f"charts/{slug}.yml")
        return InMemoryBoard(yaml.safe_dump(board, sort_keys=False), path=path)

    def render(self, slug, variables, form, **options):
        result = self.session.render_board(
            compile_result=self.boards[slug],
            variables=dict(variables),
            format=form,
            standalone=True,
            **options,
        )
        errors = [*result.validation_errors, *result.chart_errors, result.board_error]
        for error in filter(None, errors):
            reason = error.message.splitlines()[0]
            raise BoardError(f"The board '{slug}' cannot be drawn: {reason}")
        return result.data

    def write_page(self, folder, slug, variables):
        """Writes one page, and returns the pages that it links to."""
        linked = set()

        def file_of(href):
            url = urlsplit(href)
            if url.scheme == "data" or href.startswith("#"):
                return href
            target = url.path.strip("/") or "index"
            if target in OTHER_PAGES:
                return OTHER_PAGES[target]
            if url.scheme or url.netloc or not url.path or target not in self.boards:
                raise BoardError(f"A board links to '{href}', which is not a page of the site.")
            linked.add((target, variables_of(url.query)))
            return page_name(target, variables_of(url.query))

        page = html.document_fromstring(self.render(slug, variables, "html"))
        page.rewrite_links(file_of, resolve_base_href=False)
        as_blocks(page)
        text = html.tostring(page, doctype="<!doctype html>", encoding="unicode")
        write_page(folder / page_name(slug, variables), text)
        return linked

    def write_picture(self, folder, slug):
        # dct hardly compresses its pictures.
        picture = Image.open(BytesIO(self.render(slug, (), "png", scale=0.8)))
        picture.convert("RGB").save(folder / f"{slug}.png", optimize=True)


def open_boards(*texts):
    """Each process draws with its own session."""
    global boards
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(200_000)  # garbage collection would take an eighth of the time
    boards = Boards(ProjectSession.open(ROOT), *texts)


def write_page_of(task):
    return boards.write_page(*task)


def write_picture_of(task):
    return boards.write_picture(*task)


def write_boards(folder, method, age):
    slugs = [path.stem for path in ROOT.glob("charts/*.yml") if path.stem != "meta"]
    known = {(slug, ()) for slug in [*slugs, "method"]}
    waiting = known
    # A new process, because DuckDB and dct run threads, which a fork would lose.
    context = multiprocessing.get_context("spawn")
    with context.Pool(os.cpu_count(), open_boards, (method, age)) as pool:
        pictures = pool.map_async(write_picture_of, [(folder, slug) for slug in PICTURES])
        while waiting:
            tasks = [(folder, *page) for page in sorted(waiting)]
            linked = set().union(*pool.imap_unordered(write_page_of, tasks))
            waiting = linked - known
            known |= waiting
        pictures.get()


def build_site(folder, age):
    target_path = Path(os.environ.get("DBT_TARGET_PATH") or ROOT / "target", "site").resolve()
    write_dbt_docs(target_path, folder)
    write_lineage(target_path, folder)
    manifest = json.loads((target_path / "manifest.json").read_text(encoding="utf-8"))
    method = manifest["docs"]["doc.supercharger.alignment"]["block_contents"]
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["WAREHOUSE_PATH"] = str(shutil.copy(warehouse_path(), scratch))
        try:
            write_boards(folder, method, age)
        except BoardError as error:
            raise SystemExit(str(error)) from None


if __name__ == "__main__":
    target = os.environ.get("SITE_DIR") or "site"
    with open_marts() as connection, replaced_folder(target, connection) as folder:
        [(age,)] = connection.execute(WAREHOUSE_AGE).fetchall()
        build_site(folder, age)
    print(f"Open '{target}/index.html' in a browser.")
