"""Writes the boards, the method, the dbt docs and the column lineage as one site for file://.

Every page that a board links to is drawn: a link such as /component?component=7
becomes a file of its own. The boards are drawn from a copy of the warehouse,
so that they agree even if a build publishes another one meanwhile.
"""

from outputs import open_marts, replaced_folder, warehouse_path

# isort: split
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import deque
from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import yaml
from dbt_charts.agent_api import InMemoryBoard, ProjectSession
from lxml import html
from PIL import Image

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
PICTURES = ["overview", "watchlist"]
# Pages that are no boards, by the name that boards link them with. The lineage
# opens at the table where all of it ends, with what stands next to it.
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
        "components": "All components",
        "overheating": "Overheating",
        "alerts": "Alerts",
        "power_temperature": "Power and temperature",
        "data_quality": "Data quality",
    }.items()
)
BEHIND = (
    "**Behind the figures:** [tables and columns, with their meaning](/docs) · "
    "[where each column comes from](/lineage) · "
    "[how alerts and signals are aligned, the method of question 3](/method)"
)
# The browser itself then refuses what would leave the page.
NO_NETWORK = (
    '<meta http-equiv="Content-Security-Policy" content="default-src data: blob:; '
    "script-src 'unsafe-inline' 'unsafe-eval' blob:; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'\">"
)


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
    # Addresses that the page fills in later, or never: a browser asks for them.
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


def page_name(slug, variables):
    """A file for a board and the values of its variables, whatever an id may hold."""
    if not variables:
        return f"{slug}.html"
    letters = "".join(value[:30] for _, value in variables)
    readable = "".join(c if c.isascii() and c.isalnum() else "-" for c in letters).strip("-")
    # Only the hash tells two ids apart: -7 and 7, or long ones.
    exact = hashlib.sha256(repr(variables).encode()).hexdigest()[:12]
    return f"{slug}-{readable}-{exact}.html"


def variables_of(query):
    return tuple(sorted(parse_qsl(query, keep_blank_values=True)))


class Boards:
    """The boards of the project, and those of them that were linked."""

    def __init__(self, session, method):
        self.session = session
        paths = [path for path in session.project.iter_boards() if not path.is_meta]
        contents = {
            Path(path.relpath).stem: yaml.safe_load(path.read_board().content) for path in paths
        }
        contents["index"]["rows"].append({"text": BEHIND})
        contents["method"] = {
            "title": "What did a handle read when an alert fired?",
            "rows": [{"text": method}],
        }
        self.boards = {slug: self.with_navigation(slug, board) for slug, board in contents.items()}
        self.waiting = deque((slug, ()) for slug in self.boards)
        self.known = set(self.waiting)

    def with_navigation(self, slug, board):
        """The board as dct serve shows it, below links to the others."""
        board["rows"].insert(0, {"text": NAVIGATION})
        path = self.session.project.path(f"charts/{slug}.yml")
        return InMemoryBoard(yaml.safe_dump(board, sort_keys=False), path=path)

    def render(self, slug, variables, form, **options):
        result = self.session.render_board(
            self.boards[slug],
            variables=dict(variables),
            format=form,
            standalone=True,
            **options,
        )
        errors = [*result.validation_errors, *result.chart_errors, result.board_error]
        for error in filter(None, errors):
            raise SystemExit(f"The board '{slug}' cannot be drawn: {error.message.splitlines()[0]}")
        return result.data

    def file_of(self, href):
        """Where a link of a board leads on this site."""
        url = urlsplit(href)
        if url.scheme == "data" or href.startswith("#"):
            return href
        if not url.path and not url.netloc:
            return None  # a choice of the same board, which needs make serve
        slug = url.path.strip("/") or "index"
        if slug in OTHER_PAGES:
            return OTHER_PAGES[slug]
        if url.scheme or url.netloc or slug not in self.boards:
            raise SystemExit(f"A board links to '{href}', which is no page of the site.")
        page = (slug, variables_of(url.query))
        if page not in self.known:
            self.known.add(page)
            self.waiting.append(page)
        return page_name(*page)

    def write(self, folder):
        while self.waiting:
            slug, variables = self.waiting.popleft()
            page = html.document_fromstring(self.render(slug, variables, "html"))
            page.rewrite_links(self.file_of, resolve_base_href=False)
            text = html.tostring(page, doctype="<!doctype html>", encoding="unicode")
            write_page(folder / page_name(slug, variables), text)
        for slug in PICTURES:
            # dct hardly compresses what it draws.
            picture = Image.open(BytesIO(self.render(slug, (), "png", scale=0.8)))
            picture.convert("RGB").save(folder / f"{slug}.png", optimize=True)


def build_site(folder):
    target_path = Path(os.environ.get("DBT_TARGET_PATH") or ROOT / "target", "site").resolve()
    write_dbt_docs(target_path, folder)
    write_lineage(target_path, folder)
    manifest = json.loads((target_path / "manifest.json").read_text(encoding="utf-8"))
    method = manifest["docs"]["doc.supercharger.alignment"]["block_contents"]
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["WAREHOUSE_PATH"] = str(shutil.copy(warehouse_path(), scratch))
        with ProjectSession.open(ROOT) as session:
            Boards(session, method).write(folder)


if __name__ == "__main__":
    target = os.environ.get("SITE_DIR") or "site"
    with open_marts() as connection, replaced_folder(target, connection) as folder:
        build_site(folder)
    print(f"Open '{target}/index.html' in a browser.")
