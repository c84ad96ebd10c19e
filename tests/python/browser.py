"""Shared by the tests of the pages: a browser, and a warehouse with hostile names.

One warehouse for all tests: the sample, and handles whose ids would break out of a page, a query, a
file name or a spreadsheet. All of these handles were inspected.
"""

import os
import shutil
import subprocess

import pytest
from landing import (
    ALERT_FILE,
    ALERT_HEADER,
    INSPECTION_HEADER,
    ROOT,
    SIGNAL_FILE,
    SIGNAL_HEADER,
    csv_text,
    dbt_command,
    write_file,
)
from playwright.sync_api import sync_playwright

SCRIPT = "</script><script>alert(1)</script>"
INJECTION = "' or 1=1 --"
HOSTILE = [
    *(SCRIPT, INJECTION, "it's", 'a"b', "\\", "it's \\", "{{ x }}", "{% raw %}", "{0}", "<b>"),
    *("*bold*", "_it_", "[x](http://e)", "`code`", "a|b", "all", "1e5", "#", "%", "&", "?"),
    *("../../x", "=1+1", "x" * 200, "Ünï & code?#%\"'"),
]
START = 1647180000000  # 2022-03-13 14:00 UTC
# A handle of the sample with alerts and heat.
HANDLE = ("-2069381847", "-1833261031", "-1874817634")


def hostile_rows():
    """A hot half hour of each hostile handle, one pole hotter than the other, with alerts.

    The last one has the same id as another handle, at its own asset.
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


def inspection_rows():
    """Inspections that change no verdict, with hostile notes."""
    handles = [*((hostile, hostile, hostile) for hostile in HOSTILE), HANDLE]
    return [
        dict(
            zip(("site", "asset", "component"), ids, strict=True),
            date="2022-03-15", result="confirmed", cause="", note=f"{ids[2]} note",
        )
        for ids in handles
    ]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the landing files and their warehouse."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(ROOT / "data/sample", folder / "landing")
    signals, alerts = hostile_rows()
    write_file(folder / "landing", SIGNAL_FILE.format("x"), csv_text(SIGNAL_HEADER, signals))
    write_file(folder / "landing", ALERT_FILE.format("x"), csv_text(ALERT_HEADER, alerts))
    inspections = csv_text(INSPECTION_HEADER, inspection_rows())
    write_file(folder / "landing", "inspections.csv", inspections)
    run = dbt_command(
        *("build", "--exclude-resource-type", "unit_test"),
        folder=folder,
        landing_dir=folder / "landing",
    )
    assert run.returncode == 0, run.stdout
    return folder


# The contrast and the size of each text within a selector of a page.
CONTRASTS = """within => {
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
    // A colour that lets the background through.
    const blended = (color, behind) => color.slice(0, 3)
        .map((value, place) => (color[3] ?? 1) * value + (1 - (color[3] ?? 1)) * behind[place]);
    return [...document.querySelectorAll(within)].filter(text =>
        [...text.childNodes].some(node => node.nodeType === 3 && node.data.trim())
        && !text.closest('style, desc, title') && text.getBoundingClientRect().width
        && getComputedStyle(text).fillOpacity !== '0' && getComputedStyle(text).opacity !== '0'
    ).map(text => {
        const style = getComputedStyle(text);
        const color = channels(text instanceof SVGElement ? style.fill : style.color);
        const behind = background(text);
        const [dark, light] = [luminance(blended(color, behind)), luminance(behind)]
            .sort((one, other) => one - other);
        return {
            text: text.textContent, contrast: (light + 0.05) / (dark + 0.05),
            size: parseFloat(style.fontSize), link: !!text.closest('a'),
            underlined: style.textDecorationLine === 'underline',
        };
    });
}"""


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


@pytest.fixture(scope="module")
def tabs(browser):
    """All pages share what the browser has loaded: the libraries of the explorer are large."""
    return browser.new_context(viewport={"width": 1280, "height": 900})


@pytest.fixture
def page(tabs):
    """A page that records misbehaviour: console errors, network requests, injected code."""
    page = tabs.new_page()
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
