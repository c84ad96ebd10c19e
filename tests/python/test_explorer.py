"""The explorer in a real browser, compared with SQL on the same warehouse."""

import base64
import csv
import json
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, timedelta
from urllib.parse import urlencode

import duckdb
import pytest
from browser import CONTRASTS, HANDLE, HOSTILE, environment
from landing import ROOT

sys.path.insert(0, str(ROOT / "explorer"))
import pages
from warehouse import QUERIES, Warehouse, filters_of


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
        subprocess.run(["kill", "--", f"-{process.pid}"], check=False)


@pytest.fixture(scope="module")
def sql(folder):
    """Rows of a query on the warehouse itself."""
    with duckdb.connect(folder / "warehouse.duckdb", read_only=True) as connection:
        yield lambda query, *values: connection.execute(query, values).fetchall()


def address(server, path, **filters):
    """The address of a page with filters, as a colleague would send it."""
    page = path.strip("/") or "fleet"
    page = {"data-quality": "data"}.get(page, page)
    encoded = {
        f"{page}-{name}": "b64_"
        + base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
        for name, value in filters.items()
    }
    return f"{server}/{path.strip('/')}?{urlencode(encoded)}"


def settle(page):
    """Waits until the data has arrived and all charts are drawn, one after another."""
    page.wait_for_load_state("networkidle")
    page.wait_for_function(
        """() => [...document.querySelectorAll('.dash-graph')].every(
            chart => chart.querySelector('.js-plotly-plot')
                && !chart.querySelector('.dash-graph--pending'))"""
    )


def visit(page, url):
    page.goto(url)
    settle(page)
    page.wait_for_selector("#period")


def wait_for_rows(page, grid, most=10**9, least=0):
    """Waits until the grid is drawn and its number of rows is within the bounds."""
    page.wait_for_function(
        """([id, least, most]) => {
            try {
                const count = window.dash_ag_grid.getApi(id).getDisplayedRowCount();
                return least <= count && count <= most;
            } catch {
                return false;
            }
        }""",
        arg=[f"__input_{grid}", least, most],
    )


def rows_of(page, grid, *columns):
    """The rows of a grid after its filters, in its order: tuples of the columns."""
    wait_for_rows(page, grid)
    rows = page.evaluate(
        """async id => {
            const api = await window.dash_ag_grid.getApiAsync(id);
            const rows = [];
            api.forEachNodeAfterFilterAndSort(node => rows.push(node.data));
            return rows;
        }""",
        f"__input_{grid}",
    )
    return [tuple(row[column] for column in columns) for row in rows]


def traces_of(page, chart):
    """The names and point counts of the traces of a chart."""
    return page.evaluate(
        """id => document.querySelector('#' + id + ' .js-plotly-plot')._fullData
            .map(trace => [trace.name, trace._length])""",
        chart,
    )


def notice(page, name):
    return page.inner_text(f"#{name}-notice").strip()


def key(*ids):
    return json.dumps(ids, separators=(",", ":"), ensure_ascii=False)


def test_each_part_of_a_page_applies_all_its_filters(folder):
    """A figure ignores a filter of its page."""
    warehouse = Warehouse(folder / "warehouse.duckdb")
    warehouse.open()
    shown = pages.build(warehouse)
    judged = set()
    for page in shown:
        for holder in [page, *[part for part in page.components if part.type == "container"]]:
            filters = {control.id.removeprefix(f"{page.id}-") for control in holder.controls}
            for part in holder.components:
                if part.type not in ("table", "graph", "figure"):
                    continue
                query = part.figure["data_frame"]
                judged.add(query)
                if query == "notice":
                    assert filters - filters_of(query) <= {"signal", "zoom"}
                elif page.id == "component":
                    # The zoom applies to the chart only. Titles name figures over all days.
                    assert "component" in filters_of(query)
                    of_all_days = part.type == "figure" or re.search(
                        ", all days$|, in the days of the watchlist$", part.title
                    )
                    assert ("dates" in filters_of(query)) != bool(of_all_days), query
                else:
                    assert filters_of(query) >= filters, (page.id, query)
    options = {path.stem for path in QUERIES.glob("*_options.sql")}
    assert {path.stem for path in QUERIES.glob("*.sql")} == judged | options | {
        "macros", "views", "period", "day_range", "wrong_filters",
    }  # fmt: skip


@pytest.mark.parametrize("path", ["/", "sites", "component", "alerts", "power", "data-quality"])
def test_a_page_opens_in_silence_and_can_be_read(server, page, path):
    """A script fails, a request leaves the machine, or text is too pale."""
    visit(page, f"{server}/{path.strip('/')}")
    assert page.complaints == []
    assert "12 Mar 2022 00:00 to 14 Mar 2022" in page.inner_text("#period")
    assert page.locator("text=/plotly cloud|share chart/i").count() == 0
    assert page.locator("[data-title*='hare' i], [data-title*='loud' i]").count() == 0
    assert notice(page, {"/": "fleet", "data-quality": "data"}.get(path, path)) == ""
    texts = page.evaluate(CONTRASTS, "#page-main *, #header *")
    assert len(texts) > 30
    assert [text for text in texts if text["contrast"] < 4.5] == []


@pytest.mark.parametrize("path", ["/", "sites", "component", "alerts", "power", "data-quality"])
def test_a_phone_shows_the_page_and_its_menu(server, browser, path):
    """A phone has to scroll sideways, or cannot reach the menu."""
    phone = browser.new_page(viewport={"width": 390, "height": 844})
    visit(phone, f"{server}/{path.strip('/')}")
    assert phone.evaluate("document.documentElement.scrollWidth") == 390
    phone.click("#collapse-icon")
    phone.get_by_role("link", name="Alerts", exact=True).click()
    phone.wait_for_url("**/alerts*")
    phone.close()


# A choice, and a condition that only its handles meet.
CHOICES = {
    "site": ([key(HANDLE[0])], f"site_id = '{HANDLE[0]}'"),
    "asset": ([key(*HANDLE[:2])], f"asset_id = '{HANDLE[1]}'"),
    "component": ([key(*HANDLE)], f"component_id = '{HANDLE[2]}'"),
    "cause": (["contact_resistance"], "likely_cause = 'contact_resistance'"),
    "dates": (["2022-03-13", "2022-03-14"], "day between '2022-03-13' and '2022-03-14'"),
}


@pytest.mark.parametrize("name", ["site", "asset", "component", "cause"])
def test_a_filter_of_the_fleet(server, page, sql, name):
    """The watchlist shows a handle that was not chosen."""
    value, condition = CHOICES[name]
    visit(page, address(server, "/", **{name: value}))
    assert rows_of(page, "fleet-watchlist", "Rank", "Handle", "Score") == sql(
        "select concern_rank, component_id, concern_score from marts.component_watchlist "
        f"where {condition} order by concern_rank"
    )
    rank, evidence = sql(
        "select component_id, evidence from marts.component_watchlist "
        f"where {condition} order by concern_rank limit 1"
    )[0]
    assert f"Handle {rank}: {evidence}" in page.inner_text("#fleet-evidence")


@pytest.mark.parametrize("name", CHOICES)
def test_a_filter_of_sites(server, page, sql, name):
    """A grid or the chart of sites counts a handle or a day that was not chosen."""
    value, condition = CHOICES[name]
    visit(page, address(server, "sites", **{name: value}))
    of_handles = f"""
        from marts.component_daily as daily
        inner join marts.component_watchlist as watchlist
            using (site_id, asset_id, component_id)
        where {condition}
    """
    columns = "Handle", "Overheated, s", "Alert incidents", "Derated, s"
    assert sorted(rows_of(page, "sites-components", *columns)) == sql(
        "select component_id, sum(daily.overheated_seconds), sum(incident_count)::int, "
        f"sum(derated_seconds) {of_handles} group by site_id, asset_id, component_id order by all"
    )
    columns = "Asset", "Handles", "Overheated, s", "Alert incidents"
    assert sorted(rows_of(page, "sites-assets", *columns)) == sql(
        "select asset_id, count(distinct component_id), sum(daily.overheated_seconds), "
        f"sum(incident_count)::int {of_handles} group by site_id, asset_id order by all"
    )
    days = dict(sql(f"select site_id, count(distinct day) {of_handles} group by site_id"))
    drawn = traces_of(page, "sites-site_days-chart")
    assert len(drawn) == 4 * min(len(days), 5)
    assert {points for _, points in drawn} == set(days.values())


@pytest.mark.parametrize("name", CHOICES)
def test_a_filter_of_alerts(server, page, sql, name):
    """A grid, the timeline or the sentence counts an incident that was not chosen."""
    value, condition = CHOICES[name]
    visit(page, address(server, "alerts", **{name: value}))
    of_incidents = f"""
        from (select *, started_at::date as day from marts.alert_incidents) as incidents
        inner join marts.component_watchlist using (site_id, asset_id, component_id)
        where {condition}
    """
    columns = "Started, UTC", "Alert", "Handle", "Alerts"
    shown = rows_of(page, "alerts-incidents", *columns)
    assert sorted(shown) == sql(
        "select strftime(started_at, '%Y-%m-%d %H:%M:%S'), alert_name, component_id, alert_count "
        f"{of_incidents} order by all"
    )
    assert sorted(rows_of(page, "alerts-alerting", "Handle", "Alerts", "Incidents")) == sql(
        f"select component_id, sum(alert_count)::int, count(*) {of_incidents} "
        "group by site_id, asset_id, component_id order by all"
    )
    drawn = traces_of(page, "alerts-alert_timeline-chart")
    assert sum(points for _, points in drawn) == len(shown)
    alerts = sum(row[3] for row in shown)
    assert f"{len(shown)} incidents ({alerts} alerts)" in page.inner_text("#alerts-incident_words")


@pytest.mark.parametrize("name", ["site", "asset", "component", "cause"])
def test_a_filter_of_power(server, page, sql, name):
    """A mark, a row or a bar is of a handle that was not chosen."""
    value, condition = CHOICES[name]
    visit(page, address(server, "power", **{name: value}))
    handles = sql(
        "select component_id, sum(derated_seconds) from marts.component_daily "
        "inner join marts.component_watchlist using (site_id, asset_id, component_id) "
        f"where {condition} group by site_id, asset_id, component_id order by all"
    )
    assert sorted(rows_of(page, "power-power_marks", "Handle", "Derated, s")) == handles
    drawn = traces_of(page, "power-power_marks-chart")
    assert sum(points for _, points in drawn) == len(handles)
    heights = page.evaluate(
        """() => {
            const chart = document.querySelector('#power-hot_by_power-chart .js-plotly-plot');
            return chart._fullData[0].customdata.map(row => row[1]);
        }"""
    )
    assert heights == [
        count
        for (count,) in sql(
            "select sum(window_count)::int from marts.power_temperature_bins "
            "inner join marts.component_watchlist using (site_id, asset_id, component_id) "
            f"where {condition} group by recent_power_bin_kw order by recent_power_bin_kw"
        )
    ]


def test_overheated_periods_are_marked(server, page, sql):
    """A period is not marked, as where those of both poles overlap, or another time is."""
    (handle, session, periods), *_ = sql(
        "select [site_id, asset_id, component_id], "
        "sessions.started_at || '/' || sessions.ended_at, "
        "list([episodes.started_at, episodes.ended_at]) "
        "from marts.overheating_episodes as episodes "
        "join marts.charging_sessions as sessions using (site_id, asset_id, component_id) "
        "where not is_sensor_suspect "
        "and episodes.started_at between sessions.started_at and sessions.ended_at "
        "group by all having count(distinct signal_name) = 2"
    )
    is_marked = {
        moment: any(start <= moment < end for start, end in periods)
        for period in periods
        for edge in period
        for moment in [edge - timedelta(seconds=4), edge + timedelta(seconds=4)]
    }
    assert set(is_marked.values()) == {True, False}
    visit(page, address(server, "component", component=key(*handle), zoom=session))
    drawn = page.evaluate(
        """moments => {
            const plot = document.querySelector('[id$=component_series-chart] .js-plotly-plot');
            const axis = plot._fullLayout.xaxis;
            const mark = plot.querySelector('.shapelayer path');
            const box = mark.getBBox();
            return moments.map(moment => mark.isPointInFill(
                new DOMPoint(axis._offset + axis.d2p(moment), box.y + box.height / 2)));
        }""",
        [moment.replace(tzinfo=UTC).timestamp() * 1000 for moment in is_marked],
    )
    assert drawn == list(is_marked.values())


@pytest.mark.parametrize("name", ["site", "asset", "component", "signal"])
def test_a_filter_of_data_quality(server, page, sql, name):
    """The sensors of other handles are shown."""
    ids = sql("select site_id, asset_id, component_id, signal_name from marts.sensor_faults")[0]
    width = {"site": 1, "asset": 2, "component": 3}
    value = [ids[3]] if name == "signal" else [key(*ids[: width[name]])]
    visit(page, address(server, "data-quality", **{name: value}))
    column = f"{name}_name" if name == "signal" else f"{name}_id"
    assert sorted(rows_of(page, "data-sensors", "Handle", "Signal")) == sql(
        "select component_id, signal_name from marts.sensor_faults "
        f"where {column} = ? order by all",
        ids[["site", "asset", "component", "signal"].index(name)],
    )
    assert sorted(rows_of(page, "data-files", "File", "Rejected")) == sql(
        "select file_name, rejected_row_count from marts.load_audit order by all"
    )
    assert len(rows_of(page, "data-rejected", "Line")) == len(sql("from marts.rejected_rows"))


def test_the_filters_of_a_handle(server, page, sql):
    """The chart, the sessions or the incidents are of another handle, day or moment."""
    days = "2022-03-13", "2022-03-13"
    where = "site_id = ? and asset_id = ? and component_id = ?"
    visit(page, address(server, "component", component=key(*HANDLE), dates=days))
    assert f"Handle {HANDLE[2]} · asset {HANDLE[1]}" in page.inner_text(
        "#component-component_heading"
    )
    count = sql(
        f"select count(*) from marts.charging_sessions where {where} "
        "and started_at::date = '2022-03-13'",
        *HANDLE,
    )[0][0]
    sessions = rows_of(page, "component-sessions", "_zoom")
    assert len(sessions) == count > 0
    windows = sql(
        f"select count(*) from marts.component_windows where {where} "
        "and window_start::date = '2022-03-13'",
        *HANDLE,
    )[0][0]
    drawn = dict(traces_of(page, "component-component_series-chart"))
    # Gaps are points without a value.
    assert windows <= drawn["Negative pole"] <= windows + count

    rises = sql(
        "select (pole || ' pole'), steady_rise_c_at_100_kw from marts.component_thermal_trend "
        f"where {where} and day = '2022-03-13' and steady_rise_relative_error < 1 order by all",
        *HANDLE,
    )
    shown = page.evaluate(
        """() => document.querySelector('#component-thermal_trend-chart .js-plotly-plot')
            ._fullData.map(trace => [trace.name.toLowerCase(), trace.y[0]])"""
    )
    assert [tuple(rise) for rise in shown] == rises
    assert len(rises) == 2
    rank = sql(
        f"select concern_rank from marts.watchlist_history where {where} and day = '2022-03-14'",
        *HANDLE,
    )[0][0]
    assert page.locator("#component-component_inspections tbody td").all_inner_texts() == [
        *("2022-03-15", "confirmed", "", f"{HANDLE[2]} note"),
        *(str(rank), "contact resistance", "yes"),
    ]
    with page.expect_download() as download:
        page.click("#component-component_inspections-csv")
    assert [row["Note"] for row in downloaded(download.value)] == [f"'{HANDLE[2]} note"]

    # A session zooms the chart, and nothing else.
    zoom = sessions[0][0]
    page.locator("#component-sessions .ag-row-first .ag-cell").first.click()
    page.wait_for_function(
        "count => document.querySelector('#component-component_series-chart .js-plotly-plot')"
        "._fullData.find(trace => trace.name === 'Negative pole')._length < count",
        arg=drawn["Negative pole"],
    )
    started, ended = zoom.split("/")
    inside = sql(
        f"select count(*) from marts.component_windows where {where} and window_start between "
        "?::timestamp - interval 5 minutes and ?::timestamp + interval 5 minutes",
        *HANDLE,
        started,
        ended,
    )[0][0]
    zoomed = dict(traces_of(page, "component-component_series-chart"))
    assert inside <= zoomed["Negative pole"] <= inside + 2
    assert len(rows_of(page, "component-sessions", "_zoom")) == count

    # The address alone gives the same view.
    other = page.context.browser.new_page()
    visit(other, page.url)
    assert dict(traces_of(other, "component-component_series-chart")) == zoomed
    other.close()
    peak = sql(
        f"select max(greatest(negative_pole_temp_c, positive_pole_temp_c)) "
        f"from marts.component_windows where {where} and window_start between ? and ?",
        *HANDLE,
        started,
        ended,
    )[0][0]
    hottest = page.evaluate(
        """() => Math.max(...document.querySelector(
            '#component-component_series-chart .js-plotly-plot').calcdata
            .filter(points => ['Negative pole', 'Positive pole'].includes(points[0].trace.name))
            .flatMap(points => points.map(point => point.y).filter(Number.isFinite)))"""
    )
    assert hottest == pytest.approx(peak, abs=0.05)


def test_an_alert_long_after_the_last_window_can_be_zoomed(folder, sql):
    """The chart of an incident is empty where the handle sent nothing for a while."""
    warehouse = Warehouse(folder / "warehouse.duckdb")
    warehouse.open()
    incidents = sql(
        "select site_id, asset_id, component_id, started_at || '/' || ended_at "
        "from marts.alert_incidents order by started_at"
    )
    for *ids, zoom in incidents:
        rows = warehouse.query("component_series", component=key(*ids), zoom=zoom)
        assert {"window", "incident"} <= set(rows.kind), (ids, zoom)


def test_the_keyboard_reaches_a_link_of_a_grid(server, page):
    """The focus stays in the headers of a grid, or skips its cells."""
    visit(page, f"{server}/alerts")
    page.locator("#alerts-alerting .ag-header-cell").first.focus()
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("Boolean(document.activeElement.closest('.ag-cell'))"):
            break
    assert page.evaluate("Boolean(document.activeElement.closest('.ag-cell'))")


def test_from_the_fleet_to_the_minute(server, page, sql):
    """The hottest handle of the last day cannot be followed down to its peak."""
    visit(page, server)
    [(handle, moment, power), *_] = rows_of(
        page, "fleet-last_day", "Handle", "At, UTC", "Power then, kW"
    )
    ids, expected = sql(
        """
        select (site_id, asset_id, component_id), peak_trusted_avg_temp_c
        from marts.component_daily where day = (select max(day) from marts.fleet_daily)
        order by 2 desc nulls last limit 1
        """
    )[0]
    assert handle == ids[2]
    [(hottest, power_then)] = sql(
        "select max(avg_temp_c), max_by(avg_power_kw, avg_temp_c) from marts.component_windows "
        "where site_id = ? and asset_id = ? and component_id = ? "
        "and window_start = ?::timestamp",
        *ids,
        moment,
    )
    assert power == pytest.approx(power_then)
    assert abs(expected - hottest) < 1
    page.locator("#fleet-last_day").get_by_role("link", name=handle, exact=True).click()
    page.wait_for_url("**/component?*")
    settle(page)
    page.locator("#component-component_heading", has_text=f"Handle {handle} ·").wait_for()
    assert rows_of(page, "component-neighbours", "Handle")
    assert dict(traces_of(page, "component-component_series-chart"))["Mean power"] > 10


def choose(page, selector, text):
    """Chooses an option by hand: opens the list, types, selects."""
    page.click(f"#{selector}")
    page.keyboard.type(text)
    page.get_by_role("option", name=text, exact=True).first.click()
    page.keyboard.press("Escape")
    settle(page)


def test_a_filter_is_kept_from_page_to_page_and_in_the_address(server, page, sql):
    """A filter is lost on the next page, or a colleague sees another view."""
    visit(page, f"{server}/sites")
    choose(page, "sites-site-selector", HANDLE[0])
    handles = sql("from marts.component_watchlist where site_id = ?", HANDLE[0])
    wait_for_rows(page, "sites-components", most=9)
    assert len(rows_of(page, "sites-components", "Handle")) == len(handles)
    page.click("#sites-asset-selector")
    offered = page.get_by_role("option").all_inner_texts()
    page.keyboard.press("Escape")
    assets = sql(
        "select distinct asset_id from marts.component_watchlist where site_id = ?", HANDLE[0]
    )
    assert sorted(offered) == sorted(asset for (asset,) in assets)

    page.get_by_role("link", name="Alerts", exact=True).click()
    page.wait_for_url("**/alerts?*")
    settle(page)
    sites = {site for (site,) in rows_of(page, "alerts-incidents", "Site")}
    assert sites == {HANDLE[0]}
    other = page.context.browser.new_page()
    visit(other, page.url)
    assert rows_of(other, "alerts-incidents", "Started, UTC", "Handle") == rows_of(
        page, "alerts-incidents", "Started, UTC", "Handle"
    )
    other.close()

    for name in ["Fleet", "Data quality", "Alerts"]:
        page.get_by_role("link", name=name, exact=True).click()
        settle(page)
    page.wait_for_url("**/alerts?*alerts-site=b64_Wy*")
    page.get_by_role("button", name="Reset all").click()
    settle(page)
    wait_for_rows(page, "alerts-incidents", least=30)
    page.get_by_role("link", name="Sites and assets", exact=True).click()
    wait_for_rows(page, "sites-assets", least=30)


def test_marks_in_a_box_are_listed(server, page):
    """A box around marks changes nothing."""
    visit(page, f"{server}/power")
    before = rows_of(page, "power-power_marks", "Handle")
    plot = page.locator("#power-power_marks-chart .nsewdrag").first.bounding_box()
    page.mouse.move(plot["x"] + 5, plot["y"] + 5)
    page.mouse.down()
    page.mouse.move(plot["x"] + plot["width"] - 5, plot["y"] + plot["height"] / 3, steps=5)
    page.mouse.up()
    wait_for_rows(page, "power-power_marks", most=len(before) - 1)
    settle(page)
    after = rows_of(page, "power-power_marks", "Handle")
    assert set(after) < set(before)
    assert sum(points for _, points in traces_of(page, "power-power_marks-chart")) == len(before)
    page.mouse.dblclick(plot["x"] + 20, plot["y"] + plot["height"] - 20)
    wait_for_rows(page, "power-power_marks", least=len(before))


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_name_breaks_no_query(folder, sql, hostile):
    """A name breaks out of a query, or selects other handles."""
    warehouse = Warehouse(folder / "warehouse.duckdb")
    warehouse.open()
    handle = key(hostile, hostile, hostile)
    [title, *_] = warehouse.query("component_heading", component=handle).title
    assert title == f"Handle {hostile} · asset {hostile} · site {hostile}"
    for name in filters_of("incidents") - {"cause", "dates"}:
        ids = {"site": [hostile], "asset": [hostile] * 2, "component": [hostile] * 3}[name]
        shown = warehouse.query("incidents", **{name: [key(*ids)]})
        assert set(shown["Handle"]) == set(shown["Site"]) == {hostile}
        assert not len(warehouse.query("incidents", **{name: [hostile]}))


@pytest.mark.parametrize("hostile", ["</script><script>alert(1)</script>", "[x](http://e)", "all"])
def test_a_hostile_name_is_text_and_can_be_filtered(server, page, sql, hostile):
    """A name runs as code, sends a request, or is read as a reserved word of the tool."""
    ids = key(hostile, hostile, hostile)
    visit(page, address(server, "component", component=ids))
    assert f"Handle {hostile} · asset {hostile}" in page.inner_text("#component-component_heading")
    assert notice(page, "component") + page.inner_text("#address") == ""
    assert dict(traces_of(page, "component-component_series-chart"))["Negative pole"] >= 60
    visit(page, address(server, "alerts", site=[key(hostile)]))
    count = sql("select count(*) from marts.alert_incidents where site_id = ?", hostile)[0][0]
    shown = rows_of(page, "alerts-incidents", "Alert", "Site")
    assert shown == [(f"{hostile} temp", hostile)] * count
    page.hover("#alerts-alert_timeline-chart .point >> nth=0", force=True)
    visit(page, server)
    page.locator("#fleet-watchlist .ag-row").first.locator(".ag-cell").nth(2).click()
    assert page.complaints == []


@pytest.mark.parametrize(
    ("path", "filters", "sentence"),
    [
        ("sites", {"site": ['["gone"]']}, "This file has no site gone"),
        ("component", {"component": key("a", "b", "gone")}, "This file has no handle gone"),
        ("component", {"component": "x' or 1=1 --"}, "This file has no handle x' or 1=1 --"),
        ("alerts", {"cause": ["<b>"]}, "This file has no cause <b>"),
        ("alerts", {"dates": ["2022-03-14", "2022-03-12"]}, "is after the last"),
        ("alerts", {"dates": ["2031-01-01", "2031-01-02"]}, "data covers 2022-03-12 to 2022-03-14"),
        ("alerts", {"dates": ["soon", "later"]}, "This file has no day soon"),
        ("alerts", {"site": {"a": [1]}}, "This file has no site"),
        ("sites", {"site": [key(HANDLE[0])], "cause": ["weak_cooling"]}, "clear one of them"),
        ("component", {"component": key(*HANDLE), "zoom": "294246-12-31/x"}, "no moment"),
        (
            "component",
            {"component": key(*HANDLE), "zoom": "2022-03-14 00:00:00/2022-03-14 01:00:00"},
            "This file has no moment 2022-03-14 00:00:00",
        ),
        ("component", {"component": key(*HANDLE), "dates": ["294246-12-31"] * 2}, "No data"),
    ],
)  # fmt: skip
def test_a_wrong_address_ends_in_a_sentence(server, page, path, filters, sentence):
    """A stale or mistyped address shows an empty page, or fails."""
    visit(page, address(server, path, **filters))
    assert sentence in notice(page, path) + page.inner_text("#address")
    assert "failed" not in page.inner_text("#vizro-notifications")
    assert not [complaint for complaint in page.complaints if "500" in complaint]


def downloaded(download):
    """The rows of a downloaded CSV, by column name."""
    with open(download.path(), encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_what_is_filtered_can_be_downloaded(server, page, sql):
    """A download differs from the grid's rows, or runs in a spreadsheet."""
    visit(page, f"{server}/alerts")
    page.locator("#alerts-incidents input[aria-label='Alert Filter Input']").fill("1+1")
    wait_for_rows(page, "alerts-incidents", most=5)
    page.wait_for_timeout(500)
    with page.expect_download() as download:
        page.click("#alerts-incidents-csv")
    assert [row["Alert"] for row in downloaded(download.value)] == ["'=1+1 temp"]
    with page.expect_download() as download:
        page.click("#alerts-alert_timeline-chart-csv")
    rows = downloaded(download.value)
    assert len(rows) == sql("select count(*) from marts.alert_incidents")[0][0]


def test_a_stranger_cannot_ask_or_write(server, folder):
    """Another host name reaches the explorer, or a request writes into the warehouse."""
    request = urllib.request.Request(server, headers={"Host": "evil.example"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    assert refused.value.code == 400
    warehouse = Warehouse(folder / "warehouse.duckdb")
    warehouse.open()
    for statement in [
        "delete from warehouse.marts.build_info",
        "create table warehouse.marts.x as select 1",
        "copy (select 1) to '/tmp/x.csv'",
        "from read_csv('/etc/passwd')",
        "set enable_external_access = true",
    ]:
        with pytest.raises(duckdb.Error):
            warehouse._connection.execute(statement)


def test_the_file_that_was_published_last_is_shown(server, folder, page):
    """A new build is shown only after a restart, or a broken file ends the explorer."""
    published = folder / "warehouse.duckdb"
    before = published.read_bytes()
    visit(page, f"{server}/sites")
    assert published.read_bytes() == before
    shutil.copy(published, folder / "next.duckdb")
    with duckdb.connect(folder / "next.duckdb") as connection:
        for table in ["component_watchlist", "component_daily"]:
            connection.execute(
                f"update marts.{table} set site_id = 'brand new' where site_id = '{HANDLE[0]}'"
            )
        connection.execute("update marts.build_info set site_count = 777")
    (folder / "next.duckdb").replace(published)
    try:
        visit(page, f"{server}/sites")
        assert "777 sites" in page.inner_text("#period")
        choose(page, "sites-site-selector", "brand new")
        wait_for_rows(page, "sites-components", most=9)
        assert {row[0] for row in rows_of(page, "sites-components", "Site")} == {"brand new"}
        (folder / "next.duckdb").write_bytes(b"not a warehouse")
        (folder / "next.duckdb").replace(published)
        visit(page, f"{server}/sites")
        assert "777 sites" in page.inner_text("#period")
    finally:
        (folder / "next.duckdb").write_bytes(before)
        (folder / "next.duckdb").replace(published)


def test_without_a_warehouse_a_sentence(tmp_path):
    """A missing warehouse, or one without marts, ends in a traceback."""
    for content in [None, b"not a warehouse", "empty"]:
        path = tmp_path / "warehouse.duckdb"
        if content == "empty":
            path.unlink()
            duckdb.connect(path).close()
        elif content:
            path.write_bytes(content)
        run = subprocess.run(
            ["make", "--no-print-directory", "serve"],
            cwd=ROOT,
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode != 0
        assert "run make build first" in run.stdout + run.stderr
        assert "Traceback" not in run.stdout + run.stderr


def test_ctrl_c_and_a_used_port_end_with_a_sentence(folder):
    """Ctrl-C or a port in use shows a stack trace."""
    with socket.socket() as used:
        used.bind(("127.0.0.1", 0))
        used.listen()
        port = used.getsockname()[1]
        run = subprocess.run(
            [sys.executable, ROOT / "explorer/app.py"],
            env=environment(folder, PORT=str(port)),
            capture_output=True,
            text=True,
            check=False,
        )
    assert run.returncode == 1
    assert run.stderr.startswith(f"Port {port} cannot be used")
    assert "Traceback" not in run.stderr
    with subprocess.Popen(
        [sys.executable, ROOT / "explorer/app.py"],
        env=environment(folder, PORT=str(port)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout.readline().startswith("Serving")
        process.send_signal(2)
        assert process.communicate(timeout=30)[0] == ""
