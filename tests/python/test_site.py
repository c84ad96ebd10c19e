"""The outputs of the project, in a real browser and read back: the site and the exports."""

import re
import signal
import subprocess
import sys
import time

import duckdb
import pantab
import pytest
from browser import CONTRASTS, HOSTILE, INJECTION, environment, make
from landing import ROOT
from lxml import html

sys.path.insert(0, str(ROOT / "scripts"))
from site_pages import page_name


@pytest.fixture(scope="module")
def site(folder):
    run = make("site", folder)
    assert run.returncode == 0, run.stdout + run.stderr
    return folder / "site"


def boards(site):
    return sorted(set(site.glob("*.html")) - {site / "docs.html", site / "lineage.html"})


def marks(page):
    """What is drawn, for each chart with axes."""
    return page.evaluate(
        """Object.fromEntries([...document.querySelectorAll('[data-chart-id], [data-chart]')]
        .filter(chart => chart.querySelector('.role-axis'))
        .map(chart => [chart.id, chart.querySelectorAll('.role-mark path, .role-mark rect').length])
        )"""
    )


def squeezed(text):
    """Drawn text is broken into lines, also within an id, so compare it without blanks."""
    return "".join(text.split())


def drawn_text(page):
    texts = page.locator("svg text, main h1, main p").all_text_contents()
    return squeezed(" ".join(texts))


def test_every_page_opens_in_silence(site, page):
    """A page logs to the console, or requests anything outside itself."""
    for path in sorted(site.glob("*.html")):
        page.goto(path.as_uri())
        page.wait_for_timeout(1500 if path.name in ("docs.html", "lineage.html") else 50)
        assert page.inner_text("body").strip(), path
        assert not page.complaints, path
    page.goto((site / "docs.html").as_uri() + "#!/model/model.supercharger.component_watchlist")
    page.wait_for_selector("text=concern_score")
    page.goto((site / "lineage.html").as_uri() + "?model=model.supercharger.fleet_daily")
    page.wait_for_selector("text=utilisation_ratio")
    assert not page.complaints


def test_the_charts_are_drawn(site, page):
    """A chart has axes but no marks."""
    count = 0
    for name in ["overview", "component", "site", "overheating", "alerts", "power_temperature"]:
        page.goto((site / f"{name}.html").as_uri())
        drawn = marks(page)
        assert drawn
        assert all(drawn.values()), drawn
        count += len(drawn)
    assert count >= 15


def test_every_link_leads_to_a_page(site):
    """A board links to a missing or outside file, or a page has no link to it."""
    pages = {path.name for path in site.glob("*.html")}
    all_boards = {f"{path.stem}.html" for path in ROOT.glob("charts/*.yml")} - {"meta.html"}
    for path in boards(site):
        links = {
            link
            for _, attribute, link, _ in html.parse(path).getroot().iterlinks()
            if attribute == "href" and not link.startswith(("#", "data:"))
        }
        assert {link.split("?")[0] for link in links} <= pages, path
        # The tables lead to the pages of components and sites.
        assert all_boards - links <= {path.name, "component.html", "site.html"}, path


def test_the_site_says_what_it_shows(site, folder, page):
    """A reader cannot tell which folder, days and build the site shows."""
    page.goto((site / "index.html").as_uri())
    text = drawn_text(page)
    for said in [str(folder / "landing"), "12 Mar 2022", "14 Mar 2022", "built on"]:
        assert squeezed(said) in text
    assert "docs.html" in page.content()
    assert "method.html" in page.content()


def test_the_watchlist_leads_to_a_component_and_back(site, page):
    """The board of a named component or of a hot site cannot be reached, or is the wrong one."""
    watchlist = site / "watchlist.html"
    page.goto(watchlist.as_uri())
    links = page.locator('#chart-named a[href^="component-"]')
    assert links.count() >= 4
    for place in range(links.count()):
        component = squeezed(links.nth(place).text_content())
        links.nth(place).click()
        page.wait_for_url("**/component-*.html")
        # The row of a hot site leads to its first handle.
        assert component in drawn_text(page) or re.fullmatch(r"\d+handles?", component)
        page.locator('a[href="watchlist.html"]').last.click()
        page.wait_for_url("**/watchlist.html")
    assert not page.complaints


def test_every_component_has_a_page_that_shows_its_id_as_text(site, folder, page):
    """An id runs as code or is shown as another text, or two components share a page."""
    with duckdb.connect(folder / "warehouse.duckdb", read_only=True) as connection:
        watchlist = connection.execute(
            "select component_id, asset_id from marts.component_watchlist order by concern_rank"
        ).fetchall()
    page.goto((site / "components.html").as_uri())
    links = page.locator("main svg a")
    shown = [squeezed(text) for text in links.all_text_contents()]
    assert shown == [squeezed(f"#{component}") for component, _ in watchlist]
    files = [link.get_attribute("href") for link in links.all()]
    assert len(set(files)) == len(files)
    for file, (component, asset) in zip(files, watchlist, strict=True):
        page.goto((site / file).as_uri())
        identity = squeezed(page.locator("#chart-identity").text_content())
        assert squeezed(f"#{component}") in identity
        assert squeezed(f"#{asset}") in identity
        if component in HOSTILE:
            assert squeezed(f"{component} temp") in squeezed(
                page.locator("#chart-alerts").text_content()
            )
            text = drawn_text(page)
            # One of two handles with the same id was inspected.
            is_inspected = component == asset
            assert ("Oneinspection:faultconfirmedon15March2022" in text) == is_inspected
            assert (squeezed(f"{component} note") in text) == is_inspected
            assert ("Noinspectionofthishandleisknown." in text) != is_inspected
    assert not page.complaints


def test_names_of_sites_alerts_and_signals_are_text(site, page):
    """The name of a site, an alert or a signal becomes code, a link or another text."""
    for board, chart, ending in [
        ("alerts", "averages", " temp"),
        ("overheating", "list", " temp"),
        ("overview", "site_heat_large", ""),
        ("sites", "assets", ""),
    ]:
        page.goto((site / f"{board}.html").as_uri())
        text = squeezed(page.locator(f"#chart-{chart}").text_content())
        names = [name for name in HOSTILE if squeezed(f"{name}{ending}") in text]
        assert len(names) >= 5, (board, names)
        assert page.locator('a[href^="http"]').count() == 0
    assert not page.complaints


def test_every_site_has_a_page_that_shows_its_id_as_text(site, folder, page):
    """The page of a site is missing or another site's, or an id runs as code or looks different."""
    with duckdb.connect(folder / "warehouse.duckdb", read_only=True) as connection:
        sites = connection.execute("select distinct site_id from marts.site_daily").fetchall()
    page.goto((site / "sites.html").as_uri())
    # A long table is drawn in parts, for paper.
    links = page.locator("figure:has(#chart-sites) a")
    pages = {link.get_attribute("href"): squeezed(link.text_content()) for link in links.all()}
    assert sorted(pages.values()) == sorted(squeezed(f"#{site_id}") for (site_id,) in sites)
    for file, shown in pages.items():
        page.goto((site / file).as_uri())
        assert shown in squeezed(page.locator("#chart-identity").text_content())
        assert page.locator('#chart-handles a[href^="component-"]').count()
    assert not page.complaints


def test_the_front_page_leads_to_what_it_names(site, page):
    """A finding or a first step has no link, or links to another handle or site."""
    for chart in ["findings", "first"]:
        page.goto((site / "index.html").as_uri())
        links = page.locator(f"#chart-{chart} a")
        named = [(link.get_attribute("href"), link.text_content()) for link in links.all()]
        assert len(named) >= 3
        for file, text in named:
            if "#" in text:
                page.goto((site / file).as_uri())
                identity = squeezed(page.locator("#chart-identity").text_content())
                assert squeezed(text[text.index("#") :]) in identity


def test_the_boards_can_be_read(site, browser):
    """Text is too pale or too small, a link looks like text, or a phone shrinks the page."""
    phone = browser.new_page(viewport={"width": 390, "height": 844})
    for path in [path for path in boards(site) if "-" not in path.name]:
        phone.goto(path.as_uri())
        assert phone.evaluate("document.documentElement.scrollWidth") == 390, path
        texts = phone.evaluate(CONTRASTS, "main *")
        assert [text for text in texts if text["contrast"] < 4.5 or text["size"] < 10] == [], path
        assert [text for text in texts if text["link"] and not text["underlined"]] == [], path
        assert "Last reading 14 Mar 2022" in phone.inner_text("main")
    phone.close()


def test_paper_holds_whole_charts(site, browser):
    """A printed page cuts a chart at its right side or at its end."""
    paper = browser.new_page(viewport={"width": 1046, "height": 718})
    paper.emulate_media(media="print")
    for name in ["index", "overview", "sites", "component", "site", "watchlist", "components"]:
        paper.goto((site / f"{name}.html").as_uri())
        charts = paper.locator("figure svg").evaluate_all(
            "charts => charts.map(chart => chart.getBoundingClientRect().toJSON())"
        )
        assert max(chart["right"] for chart in charts) <= 1046, name
        assert max(chart["height"] for chart in charts) <= 718, name
    paper.close()


def test_a_page_has_a_safe_name_of_its_own():
    """Two ids share a file, or an id chooses a path."""
    ids = [*HOSTILE, "7", "-7", "07", "x" * 201, "X" * 200, "", "é", "e"]
    names = {page_name("component", (("component", component),)) for component in ids}
    assert len({name.lower() for name in names}) == len(ids)
    for name in names:
        assert re.fullmatch(r"component-[A-Za-z0-9-]{1,60}\.html", name)


@pytest.mark.parametrize("target", ["site", "export"])
def test_without_a_warehouse_a_sentence(tmp_path, target):
    """A missing warehouse, or one without marts, ends in a traceback."""
    (tmp_path / target).mkdir()
    (tmp_path / target / "build_info.json").write_text("{}")
    run = make(target, tmp_path)
    assert run.returncode != 0
    assert "run make build first" in run.stdout + run.stderr
    assert "Traceback" not in run.stdout + run.stderr
    assert (tmp_path / target / "build_info.json").exists()
    duckdb.connect(tmp_path / "warehouse.duckdb").close()
    run = make(target, tmp_path)
    assert "holds no marts: run make build first" in run.stderr
    assert "Traceback" not in run.stderr


def test_ctrl_c_ends_with_a_sentence(folder, tmp_path):
    """Ctrl-C while the site is written shows a stack trace, or leaves files behind."""
    process = subprocess.Popen(
        [sys.executable, ROOT / "scripts/build_site.py"],
        env=environment(folder, SITE_DIR=str(tmp_path / "site")),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    while process.poll() is None and not list(tmp_path.iterdir()):
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    assert process.communicate()[0] == "Interrupted: nothing was written.\n"
    assert process.returncode == 130
    assert not list(tmp_path.iterdir())


def test_a_folder_with_other_files_is_left_alone(folder, tmp_path):
    """An export replaces a folder that is not its own."""
    (tmp_path / "thesis.txt").touch()
    run = make("export", folder, EXPORT_DIR=str(tmp_path))
    assert run.returncode != 0
    assert "holds other files" in run.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.fixture(scope="module")
def export(folder):
    run = make("export", folder)
    assert run.returncode == 0, run.stderr
    return folder / "export"


def marts(folder):
    with duckdb.connect(folder / "warehouse.duckdb", read_only=True) as connection:
        names = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'marts'"
        ).fetchall()
        return {name: connection.table(f"marts.{name}").to_arrow_table() for (name,) in names}


def difference(one, other):
    """Rows that only one of two Arrow tables has."""
    return duckdb.sql(
        "(from one except all from other) union all (from other except all from one)"
    ).fetchall()


def test_the_exports_hold_the_marts(export, folder):
    """A mart is missing in an export, or a value differs there."""
    for name, mart in marts(folder).items():
        parquet = duckdb.read_parquet(str(export / f"{name}.parquet")).to_arrow_table()
        assert parquet.schema.names == mart.schema.names
        assert not difference(parquet, mart)

        extract = pantab.frame_from_hyper(
            export / "supercharger.hyper",
            table=name,
            return_type="pyarrow",
            process_params={"log_dir": str(folder)},
        )
        assert extract.schema.names == mart.schema.names
        assert extract.num_rows == mart.num_rows
        assert not difference(extract, mart)


def test_no_cell_of_a_csv_is_a_formula(export, folder):
    """A spreadsheet would run a cell, or a value cannot be restored from the CSV."""
    for name, mart in marts(folder).items():
        path = export / f"{name}.csv"
        assert path.read_bytes().startswith("\ufeff".encode())
        cells = duckdb.read_csv(str(path), all_varchar=True, header=True).to_arrow_table()
        texts = [field.name for field in mart.schema if "string" in str(field.type)]
        for text in texts:
            values = mart.column(text).to_pylist()
            shown = cells.column(text).to_pylist()
            assert [cell and cell.removeprefix("'") for cell in shown] == values
            for cell in filter(None, shown):
                assert cell[0] not in "=@\t\r\n\uff1d\uff0b\uff0d\uff20"
                assert cell[0] not in "+-" or re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", cell)
    ids = duckdb.read_csv(str(export / "component_watchlist.csv"), all_varchar=True, header=True)
    ids = {row[0] for row in ids.project("component_id").fetchall()}
    assert {"'=1+1", "''" + INJECTION[1:], "-1874817634"} <= ids
