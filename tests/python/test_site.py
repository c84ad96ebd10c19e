"""What leaves the project, in a real browser and read back: the site, the served boards, exports.

One warehouse for all: the sample, and beside it handles whose ids would break
out of a page, a query, a file name or a spreadsheet.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from urllib.parse import quote

import duckdb
import pantab
import pytest
from landing import (
    ALERT_FILE,
    ALERT_HEADER,
    ROOT,
    SIGNAL_FILE,
    SIGNAL_HEADER,
    csv_text,
    dbt_command,
    write_file,
)
from lxml import html
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(ROOT / "scripts"))
from build_site import page_name

SCRIPT = "</script><script>alert(1)</script>"
INJECTION = "' or 1=1 --"
HOSTILE = [
    *(SCRIPT, INJECTION, "it's", 'a"b', "\\", "it's \\", "{{ x }}", "{% raw %}", "{0}", "<b>"),
    *("*bold*", "_it_", "[x](http://e)", "`code`", "a|b", "all", "1e5", "#", "%", "&", "?"),
    *("../../x", "=1+1", "x" * 200, "Ünï & code?#%\"'"),
]
START = 1647180000000  # 2022-03-13 14:00 UTC


def hostile_rows():
    """A hot half hour of each hostile handle, one pole hotter than the other, with alerts.

    The last one has the id of another, at an asset of its own.
    """
    signals, alerts = [], []
    for hostile, asset in [*zip(HOSTILE, HOSTILE, strict=True), ("it's", "another")]:
        ids = {"site": hostile, "asset": asset, "component": hostile}
        for second in range(0, 1800, 10):
            values = {
                "LM_handleNegCoreTempDegC": 60 + min(second, 900) / 20,
                "LM_handlePosCoreTempDegC": 50 + min(second, 900) / 30,
                "LM_powerLimit": 150,
                f"{hostile} temp": 108 if second < 300 else 60,
            }
            signals += [
                {**ids, "timestamp": START + second * 1000, "signal_name": name, "value": value}
                for name, value in values.items()
            ]
        for number in range(10):
            time_ms = START + number * 1000
            alerts.append({**ids, "timestamp": time_ms, "alert_name": f"{hostile} temp"})
    return signals, alerts


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Holds a landing folder, and the warehouse of it."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(ROOT / "data/sample", folder / "landing")
    signals, alerts = hostile_rows()
    write_file(folder / "landing", SIGNAL_FILE.format("x"), csv_text(SIGNAL_HEADER, signals))
    write_file(folder / "landing", ALERT_FILE.format("x"), csv_text(ALERT_HEADER, alerts))
    run = dbt_command(
        *("build", "--exclude-resource-type", "unit_test"),
        folder=folder,
        landing_dir=folder / "landing",
    )
    assert run.returncode == 0, run.stdout
    return folder


def environment(folder, **variables):
    return {
        **os.environ,
        "WAREHOUSE_PATH": str(folder / "warehouse.duckdb"),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
        "SITE_DIR": str(folder / "site"),
        "EXPORT_DIR": str(folder / "export"),
        **variables,
    }


def make(target, folder, **variables):
    return subprocess.run(
        ["make", "--no-print-directory", target],
        check=False,
        cwd=ROOT,
        env=environment(folder, **variables),
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def site(folder):
    run = make("site", folder)
    assert run.returncode == 0, run.stdout + run.stderr
    return folder / "site"


@pytest.fixture(scope="module")
def browser():
    names = ["chromium", "chromium-browser", "google-chrome"]
    path = next(filter(None, map(shutil.which, names)), None)
    if not path:
        pytest.fail("There is no Chromium on this machine: apt-get install chromium.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture
def page(browser):
    """A page that notes what it should not do: complain, ask the network, run a stranger's code."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.complaints = []

    def complain(what):
        page.complaints.append(str(what))

    page.on("console", lambda message: message.type in ("error", "warning") and complain(message))
    page.on("pageerror", complain)
    page.on("dialog", lambda dialog: (complain(dialog.message), dialog.dismiss()))
    page.on(
        "request",
        lambda request: (
            request.url.startswith(("file:", "data:", "blob:", "http://127.0.0.1:"))
            or complain(request.url)
        ),
    )
    yield page
    page.close()


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
    """Drawn text is broken into lines, also within an id: compare it without its blanks."""
    return "".join(text.split())


def drawn_text(page):
    texts = page.locator("svg text, main h1, main p").all_text_contents()
    return squeezed(" ".join(texts))


def test_every_page_opens_in_silence(site, page):
    """A page complains in the console, or asks for anything that is not in it."""
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
    """A chart has axes and nothing in them."""
    count = 0
    for name in ["overview", "component", "site", "overheating", "alerts", "power_temperature"]:
        page.goto((site / f"{name}.html").as_uri())
        drawn = marks(page)
        assert drawn
        assert all(drawn.values()), drawn
        count += len(drawn)
    assert count >= 15


def test_every_link_leads_to_a_page(site):
    """A board links to a file that is not there, or out of the site, or no page leads to it."""
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
    """A reader cannot tell which folder, which days and which build the site is of."""
    page.goto((site / "index.html").as_uri())
    text = drawn_text(page)
    for said in [str(folder / "landing"), "12 Mar 2022", "14 Mar 2022", "built on"]:
        assert squeezed(said) in text
    assert "docs.html" in page.content()
    assert "method.html" in page.content()


def test_the_watchlist_leads_to_a_component_and_back(site, page):
    """The board of a named component cannot be reached or is not its own, or a hot site's."""
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
    """The page of a site is missing or another's, or an id runs as code or is shown differently."""
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
    """A finding or a first step has no link, or its page is of another handle or site."""
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


CONTRASTS = """() => {
    const channels = color => (color.match(/[\\d.]+/g) || []).map(Number);
    const luminance = color => color.slice(0, 3)
        .map(value => value / 255)
        .map(value => value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
        .reduce((sum, value, place) => sum + value * [0.2126, 0.7152, 0.0722][place], 0);
    // The filled rectangle under the middle of a text: a coloured cell, or white.
    const background = text => {
        const {x, y, width, height} = text.getBoundingClientRect();
        let color = [255, 255, 255];
        for (const rect of text.closest('figure')?.querySelectorAll('rect, path') || []) {
            const box = rect.getBoundingClientRect(), fill = getComputedStyle(rect).fill;
            if (text.compareDocumentPosition(rect) & Node.DOCUMENT_POSITION_PRECEDING
                && fill !== 'none' && channels(fill)[3] !== 0
                && Math.abs(x + width / 2 - box.x - box.width / 2) < box.width / 2
                && Math.abs(y + height / 2 - box.y - box.height / 2) < box.height / 2)
                color = channels(fill);
        }
        return color;
    };
    return [...document.querySelectorAll('main *')].filter(text =>
        [...text.childNodes].some(node => node.nodeType === 3 && node.data.trim())
        && !text.closest('style, desc, title') && text.getBoundingClientRect().width
        && getComputedStyle(text).fillOpacity !== '0' && getComputedStyle(text).opacity !== '0'
    ).map(text => {
        const style = getComputedStyle(text);
        const color = channels(text instanceof SVGElement ? style.fill : style.color);
        const [dark, light] = [luminance(color), luminance(background(text))]
            .sort((one, other) => one - other);
        return {
            text: text.textContent, contrast: (light + 0.05) / (dark + 0.05),
            size: parseFloat(style.fontSize), link: !!text.closest('a'),
            underlined: style.textDecorationLine === 'underline',
        };
    });
}"""


def test_the_boards_can_be_read(site, browser):
    """Text is too pale or too small, a link looks like text, or a phone shrinks the page."""
    phone = browser.new_page(viewport={"width": 390, "height": 844})
    for path in [path for path in boards(site) if "-" not in path.name]:
        phone.goto(path.as_uri())
        assert phone.evaluate("document.documentElement.scrollWidth") == 390, path
        texts = phone.evaluate(CONTRASTS)
        assert [text for text in texts if text["contrast"] < 4.5 or text["size"] < 10] == [], path
        assert [text for text in texts if text["link"] and not text["underlined"]] == [], path
        assert "Last reading 14 Mar 2022" in phone.inner_text("main")
    phone.close()


def test_paper_holds_whole_charts(site, browser):
    """A printed page cuts a chart at its right or at its end."""
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


@pytest.mark.parametrize("target", ["site", "export", "serve"])
def test_without_a_warehouse_a_sentence(tmp_path, target):
    """A missing warehouse, or one without marts, ends in a traceback."""
    (tmp_path / target).mkdir()
    (tmp_path / target / "build_info.json").write_text("{}")
    run = make(target, tmp_path)
    assert run.returncode != 0
    assert "run make build first" in run.stdout + run.stderr
    assert "Traceback" not in run.stdout + run.stderr
    assert (tmp_path / target / "build_info.json").exists()
    if target != "serve":
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
def server(folder):
    """The address of make serve."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen(
        ["make", "--no-print-directory", "serve", f"PORT={port}"],
        cwd=ROOT,
        env=environment(folder),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        address = f"http://127.0.0.1:{port}"
        for _ in range(240):
            try:
                urllib.request.urlopen(address, timeout=60).close()
                break
            except OSError:
                time.sleep(0.25)
        yield address
        os.killpg(process.pid, 15)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_an_address_changes_no_query(server, page, hostile):
    """What stands in an address runs in the page, or as SQL: it must choose nothing."""
    for unknown in [hostile, f"{hostile}' or '1'='1"]:
        for board in ["component", "site"]:
            page.goto(f"{server}/{board}?{board}={quote(unknown)}")
            assert f"Thechosen{board}isnotinthisfleet" in drawn_text(page)
    # The browser asks for an icon, which is not there.
    assert not [complaint for complaint in page.complaints if "404" not in complaint]


def test_a_served_board_leads_to_each_component(server, page):
    """A link of a served board shows another component, or an id breaks its board."""
    page.goto(f"{server}/components")
    links = page.locator('a[href^="/component?"]')
    shown = [squeezed(text) for text in links.all_text_contents()]
    assert {squeezed(f"#{hostile}") for hostile in HOSTILE} <= set(shown)
    place = shown.index("#it's")
    links.nth(place).click()
    page.wait_for_url("**/component?*")
    assert shown[place] in squeezed(page.locator("#chart-identity").text_content())


def test_the_served_boards_show_the_warehouse_that_was_published_last(server, folder, page):
    """A build is shown only after a restart, or the boards write to the warehouse."""
    published = folder / "warehouse.duckdb"
    before = published.read_bytes()
    page.goto(server)
    assert published.read_bytes() == before
    shutil.copy(published, folder / "next.duckdb")
    with duckdb.connect(folder / "next.duckdb") as connection:
        connection.execute("update marts.build_info set landing_dir = 'elsewhere'")
    (folder / "next.duckdb").replace(published)
    try:
        page.goto(server)
        assert "elsewhere" in drawn_text(page)
    finally:
        published.write_bytes(before)


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
    """A mart is missing in an export, or a value is another one there."""
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
    """A spreadsheet would run a cell, or a value cannot be had back from the CSV."""
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
