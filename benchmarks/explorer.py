"""Times the explorer in a browser: first page, page change, filter, a handle's windows.

make serve is not needed: the script starts the explorer of WAREHOUSE_PATH itself, and writes
medians to benchmarks/results/explorer.md. Chromium comes from the system.

    make fleet FLEET="{landing_dir: target/fleet}"
    LANDING_DIR=target/fleet WAREHOUSE_PATH=target/fleet.duckdb make build
    WAREHOUSE_PATH=target/fleet.duckdb .venv/bin/python benchmarks/explorer.py
"""

import os
import platform
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

import duckdb
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
RUNS = 5
PORT = 8077
ADDRESS = f"http://127.0.0.1:{PORT}"
AIMS = {"first page": 3.0, "page change": 1.5, "filter": 0.5, "a handle's windows": 1.0}
# Drawn means that every grid and chart of the page has the data that the server sent.
DRAWN = """ids => ids.every(id => {
    const part = document.getElementById(id);
    return part && (part.querySelector('.ag-row, .ag-overlay-no-rows-wrapper:not(.ag-hidden)')
        || part.querySelector('.js-plotly-plot')?._fullData?.length);
})"""
PARTS = {
    "/": ["fleet-findings", "fleet-last_day", "fleet-watchlist"],
    "/sites": ["sites-assets", "sites-site_days-chart", "sites-components"],
    "/component": ["component-component_series-chart", "component-sessions"],
}


# The time of the last click, by the clock of the page: this script's own waits are not counted.
CLICK_TIME = "addEventListener('click', () => { window.clickedAt = performance.now() }, true)"


def seconds(page: Page, act, drawn, argument: object) -> float:
    """The time from the start of loading, or from the last click, until a condition is true."""
    act()
    passed = page.wait_for_function(
        f"argument => ({drawn})(argument) && performance.now() - (window.clickedAt ?? 0)",
        arg=argument,
        polling=10,
    )
    return passed.json_value() / 1000


def first_page(page: Page) -> float:
    return seconds(page, lambda: page.goto(ADDRESS), DRAWN, PARTS["/"])


def page_change(page: Page) -> float:
    page.goto(ADDRESS)
    page.wait_for_function(DRAWN, arg=PARTS["/"])
    page.wait_for_load_state("networkidle")
    # Users read a page before they leave it. Meanwhile the chart library loads.
    page.wait_for_function("window.Plotly")
    link = page.get_by_role("link", name="Sites and assets", exact=True)
    return seconds(page, link.click, DRAWN, PARTS["/sites"])


def filter_change(page: Page, site: str) -> float:
    """From the click on an option until the grid has only the handles of the site."""
    page.goto(f"{ADDRESS}/sites")
    page.wait_for_function(DRAWN, arg=PARTS["/sites"])
    page.wait_for_load_state("networkidle")
    page.click("#sites-site-selector")
    page.keyboard.type(site)
    option = page.get_by_role("option", name=site, exact=True).first
    return seconds(
        page,
        option.click,
        "() => { try { return window.dash_ag_grid.getApi('__input_sites-components')"
        ".getDisplayedRowCount() < 20 } catch { return false } }",
        None,
    )


def windows_of_a_handle(page: Page, handle: str) -> float:
    """From choosing another handle until its chart is drawn."""
    page.goto(f"{ADDRESS}/component")
    page.wait_for_function(DRAWN, arg=PARTS["/component"])
    page.wait_for_load_state("networkidle")
    page.click("#component-component-selector")
    page.get_by_placeholder("Search").fill(handle)
    option = page.get_by_role("option", name=handle, exact=True).first
    before = page.evaluate(
        "() => document.querySelector('#component-component_series-chart .js-plotly-plot')"
        "._fullData[0]._length"
    )
    return seconds(
        page,
        option.click,
        "before => document.querySelector('#component-component_series-chart .js-plotly-plot')"
        "?._fullData?.[0]?._length !== before",
        before,
    )


def main() -> None:
    path = os.environ.get("WAREHOUSE_PATH", "supercharger.duckdb")
    if not Path(path).is_file():
        sys.exit(f"There is no warehouse '{path}' yet: run make build first.")
    chromium = shutil.which("chromium") or sys.exit("There is no Chromium on this machine.")
    with duckdb.connect(path, read_only=True) as connection:
        components, readings, days = connection.execute(
            "select component_count, reading_count, "
            "date_diff('day', first_reading_at, last_reading_at) + 1 from marts.build_info"
        ).fetchone()
        # The site with the second-fewest handles, and the handle with the most windows.
        site, handle = connection.execute(
            "select (select site_id from marts.site_daily group by site_id "
            "order by max(component_count), site_id limit 1), (select component_id "
            "from marts.component_windows group by all order by count(*) desc limit 1)"
        ).fetchone()
    server = subprocess.Popen(
        [sys.executable, ROOT / "explorer/app.py"],
        env={**os.environ, "WAREHOUSE_PATH": path, "PORT": str(PORT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    if not server.stdout.readline():
        sys.exit(f"The explorer did not start: is port {PORT} free?")
    measures = {
        "first page": first_page,
        "page change": page_change,
        "filter": lambda page: filter_change(page, site),
        "a handle's windows": lambda page: windows_of_a_handle(page, handle),
    }
    medians = {}
    with sync_playwright() as playwright:
        for name, measure in measures.items():
            times = []
            for _ in range(RUNS + 1):
                # A new browser each time, so that nothing is cached; the first run warms the
                # server.
                browser = playwright.chromium.launch(
                    executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
                )
                page = browser.new_page(viewport={"width": 1280, "height": 900})
                page.add_init_script(CLICK_TIME)
                times.append(measure(page))
                browser.close()
            medians[name] = statistics.median(times[1:])
            print(f"{name}: {medians[name]:.2f} s of {[round(value, 2) for value in times]}")
    server.terminate()
    lines = [
        "# The explorer in a browser",
        "",
        f"`benchmarks/explorer.py`: medians of {RUNS}, {components} handles, {days} days, "
        f"{readings:,} readings; {os.cpu_count()} cores, {platform.machine()}, Chromium without a "
        "GPU, nothing cached.",
        "",
        "| | s | aim, s |",
        "|---|--:|--:|",
        *(f"| {name} | {medians[name]:.2f} | {aim:.1f} |" for name, aim in AIMS.items()),
    ]
    (ROOT / "benchmarks/results/explorer.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
