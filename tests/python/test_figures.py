"""One figure, one value: a headline figure is the same wherever it is shown.

Compares the build's last lines, `make answers`, `make metrics`, the marts and the queries of the
boards, on the sample, on a generated fleet with other faults, and on a handle whose sensor breaks
after the handle was hot.
"""

import csv
import os
import re
import subprocess
from datetime import date, timedelta

import duckdb
import jinja2
import pytest
import yaml
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

FLEET = (
    "{landing_dir: %s, sites: 5, components: 16, days: 2, seed: 3, faulty_share: 0.5, "
    "fault_strength: 1.4, fold_back_c: 106.5}"
)


def broken_later(folder):
    """A handle hot at 10:00 and just before midnight; at 14:00 its sensor breaks and reads more."""
    signals = []
    ids = {"site": "s", "asset": "a", "component": "c"}

    def add(name, seconds, value):
        time_ms = 1647043200000 + 1000 * seconds  # 2022-03-12
        signals.append({**ids, "signal_name": name, "timestamp": time_ms, "value": value})

    for start, temperatures, power in [
        (36000, [88, 106, 106, 106, 90], 150),
        (50400, [60, -150, 117, 117, 60], 250),
        (86380, [106, 107], 180),
    ]:
        for number, temperature in enumerate(temperatures):
            add("LM_handleNegCoreTempDegC", start + 10 * number, temperature)
            add("LM_powerLimit", start + 10 * number + 3, power)
    alerts = [
        {**ids, "alert_name": name, "timestamp": 1647043200000 + 1000 * seconds}
        for name, seconds in [("x_temp", 36030), ("y_temp", 50430), ("fan", 36035)]
    ]
    write_file(folder, SIGNAL_FILE.format("x"), csv_text(SIGNAL_HEADER, signals))
    write_file(folder, ALERT_FILE.format("x"), csv_text(ALERT_HEADER, alerts))


def inspected(landing_dir):
    """An inspection confirms the fault of each faulty handle, and finds none on healthy ones."""
    with open(f"{landing_dir}.truth.csv", encoding="utf-8") as truth:
        rows = [
            {
                **{name: handle[f"{name}_id"] for name in ("site", "asset", "component")},
                "date": "2022-03-14",
                "result": "no_fault" if handle["fault_cause"] == "none" else "confirmed",
                "cause": "",
                "note": "",
            }
            for handle in csv.DictReader(truth)
        ]
    write_file(landing_dir, "inspections.csv", csv_text(INSPECTION_HEADER, rows))


@pytest.fixture(scope="module", params=["sample", "fleet", "broken_later"])
def built(request, tmp_path_factory):
    """The output of a build, and the folder of its warehouse."""
    folder = tmp_path_factory.mktemp(request.param)
    landing_dir = ROOT / "data/sample"
    if request.param == "fleet":
        landing_dir = folder / "landing"
        make("fleet", folder, FLEET=FLEET % landing_dir)
        inspected(landing_dir)
    if request.param == "broken_later":
        landing_dir = folder / "landing"
        broken_later(landing_dir)
    run = dbt_command(
        *("build", "--exclude-resource-type", "unit_test"), folder=folder, landing_dir=landing_dir
    )
    assert run.returncode == 0, run.stdout
    return run.stdout, folder


def make(target, folder, **variables):
    run = subprocess.run(
        ["make", "--no-print-directory", target],
        check=False,
        cwd=ROOT,
        env={
            **os.environ,
            "WAREHOUSE_PATH": str(folder / "warehouse.duckdb"),
            "DBT_TARGET_PATH": str(folder / "target"),
            "DBT_LOG_PATH": str(folder / "logs"),
            **variables,
        },
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def answers_of(text):
    """The tables in the output of make answers: lists of rows, {column: text}."""
    tables = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split("│")[1:-1]]
        if line.startswith("┌"):
            tables.append([])
        elif cells:
            tables[-1].append(cells)
    return [[dict(zip(rows[0], row, strict=True)) for row in rows[2:]] for rows in tables]


def metrics_of(text):
    names, _, figures = text.strip().splitlines()[-3:]
    return dict(zip(names.split(), map(float, figures.split()), strict=True))


class Boards:
    """The queries of the boards, with the defaults of their variables."""

    def __init__(self, connection):
        self.connection = connection
        self.jinja = jinja2.Environment()

    def sql(self, board, name, chosen):
        query = board["queries"][name]
        query = query["sql"] if isinstance(query, dict) else query
        names = re.findall(r"queries\.(\w+)", query)
        values = {
            name: f"'{chosen.get(name, variable['default'])}'"
            for name, variable in board.get("variables", {}).items()
        }
        queries = {other: f"({self.sql(board, other, chosen)}) as {other}" for other in names}
        return self.jinja.from_string(query).render(queries=queries, **values)

    def rows(self, name, query, **chosen):
        board = yaml.safe_load((ROOT / f"charts/{name}.yml").read_text(encoding="utf-8"))
        cursor = self.connection.execute(self.sql(board, query, chosen))
        columns = [column[0] for column in cursor.description]
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


@pytest.fixture(scope="module")
def parsed_for_answers(tmp_path_factory):
    """make answers passes dbt no file, so it parses the project once for all warehouses."""
    return tmp_path_factory.mktemp("answers")


@pytest.fixture(scope="module")
def figures(built, parsed_for_answers):
    """{figure: {place: value}}"""
    build_output, folder = built
    answers = answers_of(make("answers", folder, DBT_TARGET_PATH=str(parsed_for_answers)))
    metrics = metrics_of(make("metrics", folder))
    with duckdb.connect(folder / "warehouse.duckdb", read_only=True) as connection:
        return dict(collect(build_output, answers, metrics, connection))


def collect(build_output, answers, metrics, connection):
    boards = Boards(connection)

    def mart(query):
        return connection.execute(query).fetchall()[0][0]

    line = re.search(
        r"Components above .* in any 30 s period: (\d+), and (\d+) more by a suspect sensor only; "
        r"maximum power then, suspect sensors left out: ([\d.]+) kW",
        build_output,
    )
    found, question_1, question_2, question_3, trusted, outcomes, _ = answers
    findings = {row["rank"]: row["finding"] for row in found}
    overview = boards.rows("overview", "headline")[0]
    days = boards.rows("overview", "days")
    index = boards.rows("index", "figures")[0]
    index_averages = {row["measure"]: row for row in boards.rows("index", "averages")}
    sites = boards.rows("sites", "sites")
    assets = boards.rows("sites", "assets")
    heat = boards.rows("overview", "site_days")
    overheating = boards.rows("overheating", "summary")[0]
    alerts = boards.rows("alerts", "answer")[0]
    by_alert = boards.rows("alerts", "averages")[0]
    by_hour = boards.rows("overheating", "by_hour")
    hot = {row["component_id"] for row in question_1 if row["suspect"] == "false"}

    yield (
        "overheated components",
        {
            "build": int(line[1]),
            "answers": len(hot),
            "metrics": metrics["overheated_components"],
            "overheated_components": mart("""
            select count(distinct (site_id, asset_id, component_id))
            from marts.overheated_components where not is_sensor_suspect
        """),
            "component_daily": mart("""
            select count(distinct (site_id, asset_id, component_id))
            from marts.component_daily where overheated_seconds > 0
        """),
            "component_watchlist": mart(
                "select count(*) from marts.component_watchlist where overheated_seconds > 0"
            ),
            "fleet_findings": mart(
                "select coalesce(max(figure), 0) from marts.fleet_findings "
                "where finding_name = 'overheated_handles'"
            ),
            "answers, findings": int(findings["1"].split(" ")[0]),
            "overheating_episodes": mart("""
            select count(distinct (site_id, asset_id, component_id))
            from marts.overheating_episodes where not is_sensor_suspect
        """),
            "board overview": overview["overheated_components"],
            "board index": index["overheated"],
            "board overheating": overheating["components"],
        },
    )
    yield (
        "components overheated by a suspect sensor only",
        {
            "build": int(line[2]),
            "answers": len({row["component_id"] for row in question_1} - hot),
            "board overheating": overheating["suspect_components"],
        },
    )
    yield (
        "maximum power, kW",
        {
            "build": float(line[3]),
            "answers": float(question_2[0]["max_kw"]),
            "metrics": metrics["max_power_when_overheated_kw"],
            "overheated_windows": mart("""
            select max(max_power_kw) from marts.overheated_windows
            where window_method = 'sliding' and not is_sensor_suspect
        """),
            "overheating_episodes": mart(
                "select max(max_power_kw) from marts.overheating_episodes "
                "where not is_sensor_suspect"
            ),
            "board index": index["power_kw"],
            "board overheating": overheating["power_kw"],
        },
    )
    yield (
        "peak, °C",
        {
            "answers": max(float(row["peak_c"]) for row in question_1 if row["suspect"] == "false"),
            "fleet_daily": mart("select max(peak_trusted_avg_temp_c) from marts.fleet_daily"),
            "component_hourly": mart(
                "select max(peak_trusted_avg_temp_c) from marts.component_hourly"
            ),
            "component_watchlist": mart(
                "select max(peak_avg_temp_c) from marts.component_watchlist"
            ),
            "board overview": max(row["peak_c"] for row in days),
            "board overview, heat map": max(row["peak_c"] or 0 for row in heat),
            "board sites": max(row["peak_c"] or 0 for row in sites),
            "board sites, assets": max(row["peak_c"] or 0 for row in assets),
            "board site": boards.rows("site", "subject")[0]["peak_c"],
            "board index": boards.rows("index", "headline")[0]["peak_c"],
            "board overheating": overheating["peak_c"],
        },
    )
    yield (
        "overheated seconds",
        {
            "metrics": metrics["overheated_seconds"],
            **{
                name: mart(f"select sum(overheated_seconds) from marts.{name}")
                for name in [
                    "component_hourly",
                    "component_daily",
                    "asset_daily",
                    "site_daily",
                    "fleet_daily",
                    "component_watchlist",
                ]
            },
            "board overview": 60 * sum(row["overheated_minutes"] for row in days),
            "board sites": 60 * sum(row["minutes"] for row in sites),
            "board sites, assets": 60 * sum(row["minutes"] for row in assets),
            "board overheating": 60 * boards.rows("overheating", "minutes")[0]["minutes"],
            "board overheating, by hour": 60
            * sum(row["minutes"] for row in by_hour if row["overheated"] == "by the handle"),
        },
    )
    yield (
        "overheating episodes",
        {
            "answers": int(outcomes[0]["episodes"].split(" of ")[1]),
            "overheating_episodes": mart(
                "select count(*) from marts.overheating_episodes where not is_sensor_suspect"
            ),
            "board overheating": boards.rows("overheating", "longest")[0]["episodes"],
        },
    )
    yield (
        "temperature alerts",
        {
            "answers": int(question_3[0]["alerts"]),
            "answers, outcomes": int(outcomes[0]["alerts"]),
            "fleet_daily": mart("select sum(temperature_alert_count) from marts.fleet_daily"),
            "component_watchlist": mart(
                "select sum(temperature_alert_count) from marts.component_watchlist"
            ),
            "alert_incidents": mart(
                "select sum(alert_count) from marts.alert_incidents where is_temperature_related"
            ),
            "board sites": sum(row["temperature_alerts"] for row in sites),
            "board alerts": alerts["alerts"],
            "board alerts, text": boards.rows("alerts", "words")[0]["alerts"],
            "board index": index["alerts"],
        },
    )
    left_out = re.match(r"(\d+) of (\d+)", trusted[0]["trust_note"])
    yield (
        "trusted temperature alerts",
        {
            "answers": int(question_3[0]["trusted"]),
            "answers, note": int(left_out[2]) - int(left_out[1]),
            "alert_incidents": mart("""
            select sum(alert_count - untrusted_alert_count)
            from marts.alert_incidents where is_temperature_related
        """),
            "board alerts": alerts["trusted_alerts"],
            "board index": index["trusted_alerts"],
        },
    )
    power = next(row for row in question_3 if row["signal_name"] == "LM_powerLimit")
    for scope, answer, metric, column in [
        ("all", "avg", "avg_power_at_temperature_alert_kw", "power_kw"),
        ("trusted", "avg_trusted", "avg_power_at_trusted_temperature_alert_kw", "trusted_power_kw"),
    ]:
        yield (
            f"average power at {scope} temperature alerts, kW",
            {
                "answers": float(power[answer]),
                "metrics": metrics[metric],
                "avg_readings_by_alert": mart(f"""
                select avg_value from marts.avg_readings_by_alert
                where is_total and alert_scope = '{scope}'
                    and quantity = 'power' and alignment = 'last_known'
            """),
                "board alerts": alerts[column],
                "board alerts, table": by_alert[column],
                "board index": index[
                    "alert_power_kw" if scope == "all" else "trusted_alert_power_kw"
                ],
                "board index, table": index_averages["Mean power, kW"][f"{scope}_value"],
            },
        )
    yield (
        "incidents",
        {
            "answers": int(outcomes[0]["incidents"]),
            "alert_incidents": mart(
                "select count(*) from marts.alert_incidents where is_temperature_related"
            ),
            "board alerts": boards.rows("alerts", "outcomes")[0]["incident_count"],
        },
    )
    yield (
        "components derated by heat",
        {
            "fleet_findings": mart(
                "select coalesce(max(item_count), 0) from marts.fleet_findings "
                "where finding_name = 'derated_handles'"
            ),
            "board power_temperature": len(boards.rows("power_temperature", "derated")),
        },
    )
    yield (
        "components with a named cause",
        {
            "component_watchlist": mart(
                "select count(*) from marts.component_watchlist where confidence = 'named'"
            ),
            "board index": index["named"],
            "board sites": sum(row["named"] for row in sites),
            "board sites, assets": sum(row["named"] for row in assets),
            "board overview": overview["named_components"],
            "board overview, week": boards.rows("overview", "weeks")[0]["listed"],
            "board watchlist": boards.rows("watchlist", "causes")[0]["named"],
            "board watchlist, table": sum(
                int(re.match(r"(\d+) handle|", row["component_name"])[1] or 1)
                for row in boards.rows("watchlist", "named")
            ),
            "board components": boards.rows("components", "summary")[0]["named"],
            "component_peers": mart(
                "select count(distinct (site_id, asset_id, component_id)) "
                "from marts.component_peers where is_flagged"
            ),
        },
    )
    watchlist = boards.rows("components", "components")
    first = boards.rows("component", "figures")[0]
    yield (
        "components of the list",
        {
            "component_watchlist": mart("select count(*) from marts.component_watchlist"),
            "board components": len(watchlist),
            "board components, text": boards.rows("components", "summary")[0]["components"],
            "board watchlist": boards.rows("watchlist", "causes")[0]["components"],
        },
    )
    yield (
        "components without a cause",
        {
            "component_watchlist": mart(
                "select count(*) from marts.component_watchlist where confidence <> 'named'"
            ),
            "board watchlist": boards.rows("watchlist", "causes")[0]["without_cause"],
        },
    )
    for figure in ["score", "peak_c", "minutes", "alerts", "hot_ratio", "derated_minutes"]:
        yield (
            f"components of rank 1, {figure}",
            {
                "board components": watchlist[0][figure] or 0,
                "board component": first[figure] or 0,
                **(
                    {"board watchlist": named[0][figure] or 0}
                    if figure in ["score", "peak_c", "minutes", "alerts"]
                    and (named := boards.rows("watchlist", "named"))
                    and named[0]["component_name"].startswith("#")
                    else {}
                ),
            },
        )


def test_a_site_has_the_same_figures_everywhere(built):
    """The page of a site differs from the table of sites, from its handles or from the mart."""
    with duckdb.connect(built[1] / "warehouse.duckdb", read_only=True) as connection:
        boards = Boards(connection)
        for row in boards.rows("sites", "site_rows"):
            page = boards.rows("site", "subject", site=row["site"])[0]
            handles = boards.rows("site", "handles", site=row["site"])
            days = boards.rows("site", "days", site=row["site"])
            compared = {
                figure["measure"]: figure["own_value"]
                for figure in boards.rows("site", "compared", site=row["site"])
            }
            for name in ["rank", "peak_c", "hot_ratio", "avg_power_kw", "p90_power_kw", "alerts"]:
                assert page[name] == row[name], name
            peaks = {
                max(each["peak_c"] or 0 for each in handles),
                max(each["peak_c"] or 0 for each in days),
                compared.get("Peak", 0),
                row["peak_c"] or 0,
            }
            assert len(peaks) == 1, peaks
            minutes = [
                sum(each["minutes"] for each in handles),
                sum(each["minutes"] for each in days),
                compared["Overheated minutes"],
            ]
            assert minutes == pytest.approx([row["minutes"]] * 3)
            assert compared["Alerts"] == sum(each["alert_count"] for each in days) == row["alerts"]
            named = sum(not re.match("none|perhaps", each["cause"]) for each in handles)
            assert row["named_words"] == f"{named} of {len(handles)}"


def test_every_place_shows_the_same_figure(figures):
    """Two places show different values of one headline figure."""
    for figure, places in figures.items():
        assert len(places) > 1, figure
        # Some places show two decimals.
        lowest, highest = min(places.values()), max(places.values())
        assert lowest > 0 or figure.startswith("components "), f"{figure}: {places}"
        assert highest - lowest <= 0.01, f"{figure} differs: {places}"


def test_only_named_components_are_flagged_against_their_peers(built):
    """A healthy handle is flagged, a named one is not, or a flag is below the limits."""
    with duckdb.connect(built[1] / "warehouse.duckdb", read_only=True) as connection:
        wrong = connection.execute("""
            with flags as (
                select
                    site_id,
                    asset_id,
                    component_id,
                    list(measure) filter (is_flagged) as measures,
                    bool_or(is_flagged and abs(robust_z) < if(
                        measure = 'steady_rise_asymmetry', 4, 3
                    )) filter (measure in ('steady_rise_asymmetry', 'site_baseline_excess_c'))
                        as is_likely,
                    bool_or(
                        is_flagged
                        and measure like '%_steady_rise_c_at_100_kw'
                        and fleet_ratio < 1.1
                    ) as is_small
                from marts.component_peers
                group by all
            )

            select component_id, likely_cause, measures, is_likely, is_small
            from flags
            full join marts.component_watchlist using (site_id, asset_id, component_id)
            where
                likely_cause is null
                or (measures is not null) <> (confidence = 'named')
                or is_likely
                or is_small
        """).fetchall()
    assert not wrong


def test_each_component_has_the_same_figures_everywhere(built):
    """A component's peak or overheated time differs between marts, or a suspect sensor counts."""
    with duckdb.connect(built[1] / "warehouse.duckdb", read_only=True) as connection:
        rows = connection.execute("""
            with

            days as (
                select
                    component_id,
                    sum(overheated_seconds) as seconds,
                    max(peak_trusted_avg_temp_c) as peak_c,
                    avg(utilisation_ratio) as utilisation
                from marts.component_daily
                group by all
            ),

            hours as (
                select
                    component_id,
                    sum(overheated_seconds) as seconds,
                    max(peak_trusted_avg_temp_c) as peak_c
                from marts.component_hourly
                group by all
            ),

            series as (
                select
                    component_id,
                    max(trusted_overheated_seconds) as longest_seconds,
                    sum(trusted_overheated_seconds) as seconds,
                    max(peak_trusted_avg_temp_c) as peak_c
                from marts.overheated_components
                group by all
            )

            select
                component_id,
                watchlist.overheated_seconds,
                days.seconds,
                hours.seconds,
                coalesce(series.longest_seconds, 0),
                coalesce(series.seconds, 0),
                watchlist.peak_avg_temp_c,
                series.peak_c,
                if(watchlist.overheated_seconds > 0, days.peak_c, null),
                if(watchlist.overheated_seconds > 0, hours.peak_c, null)
            from marts.component_watchlist as watchlist
            left join days using (component_id)
            left join hours using (component_id)
            left join series using (component_id)
        """).fetchall()
    assert rows
    for component, seconds, of_days, of_hours, longest, of_series, *peaks in rows:
        assert seconds == pytest.approx(of_days) == pytest.approx(of_hours), component
        # Two signals may be overheated at once.
        assert seconds > longest or seconds == pytest.approx(longest), component
        assert seconds < of_series or seconds == pytest.approx(of_series), component
        assert len(set(peaks)) == 1, (component, peaks)


def test_a_period_that_reaches_into_a_day_does_not_change_the_use(built):
    """A day without a record counts as a day on which no handle was used."""
    with duckdb.connect(built[1] / "warehouse.duckdb", read_only=True) as connection:
        rows = connection.execute("""
            select day from marts.fleet_daily
            where (used_window_count + alert_count > 0) <> (utilisation_ratio is not null)
        """).fetchall()
    assert not rows, rows


def test_each_component_has_its_own_history(built):
    """The page of a handle shows the score, rise or inspections of another handle, or none."""
    where = "where site_id = ? and asset_id = ? and component_id = ?"
    with duckdb.connect(built[1] / "warehouse.duckdb", read_only=True) as connection:

        def rows(query, ids):
            return connection.execute(query.replace("where", where, 1), ids).fetchall()

        boards = Boards(connection)
        handles = connection.execute("""
            select
                [site_id, asset_id, component_id],
                md5(to_json([site_id, asset_id, component_id])),
                first_listed_on
            from marts.component_watchlist
        """).fetchall()
        for ids, component, first_listed_on in handles:

            def shown(query, chosen=component):
                return boards.rows("component", query, component=chosen)

            scores = [row for row in shown("history_scores") if row["judged"] == "score"]
            assert [(row["day"], row["score"]) for row in scores] == rows(
                "select day, concern_score from marts.watchlist_history where order by day", ids
            )
            title = shown("history_words")[0]["title"]
            if first_listed_on:
                days = (scores[-1]["day"] - first_listed_on).days + 1
                start = f"{first_listed_on:%d %B %Y}".lstrip("0")
                assert title == f"On the list since {start}, {days} day{'s' * (days > 1)}"
            else:
                assert not title.startswith("On the list since"), title
            assert [tuple(row.values()) for row in shown("rise_days")] == rows(
                "select day, pole || ' pole', steady_rise_c_at_100_kw "
                "from marts.component_thermal_trend "
                "where and steady_rise_relative_error < 1 order by day, pole",
                ids,
            )
            inspections = [
                (row["inspected_on"], row["result"].replace(" ", "_"), row["was_right"] == "yes")
                for row in shown("inspections")
            ]
            assert inspections == rows(
                "select inspected_on, result, is_list_right from marts.inspections where", ids
            )
            words = shown("inspection_words")[0]
            assert words["is_inspected"] != words["is_not_inspected"]
            assert words["is_inspected"] == bool(inspections)


def test_the_watchlist_counts_its_inspections(built):
    """The watchlist's stated hit rate differs from the inspections."""
    with duckdb.connect(built[1] / "warehouse.duckdb", read_only=True) as connection:
        boards = Boards(connection)
        right, count = connection.execute("""
            select count(*) filter (is_list_right), count(*)
            from marts.inspections
            where listed_confidence = 'named' and is_list_right is not null
        """).fetchone()
        outcomes = boards.rows("watchlist", "outcomes")[0]
        named = boards.rows("watchlist", "named")
    assert outcomes["is_inspected"] == (count > 0)
    if count:
        assert outcomes["finding"].startswith(f"The list was right in {right} of {count} insp")
        parts = re.findall(r"(\d+) of (\d+)", outcomes["by_cause"])
        assert [sum(map(int, part)) for part in zip(*parts, strict=True)] == [right, count]
        assert {row["inspection"].split(" (")[0] for row in named} <= {
            "confirmed 14 Mar 2022", "no fault 14 Mar 2022",
        }  # fmt: skip
    assert all(row["listed_since"] for row in named)


FIRST_DAY = date(2022, 3, 1)


def day(number):
    return FIRST_DAY + timedelta(number - 1)


def boards_of(marts):
    """The boards on marts of a few rows: {mart: [{column: value}]}."""
    connection = duckdb.connect()
    connection.execute("create schema marts")
    for name, rows in marts.items():
        connection.execute(
            f"create table marts.{name} as from "
            f"(values {', '.join(['(' + ', '.join('?' * len(rows[0])) + ')'] * len(rows))}) "
            f"as rows ({', '.join(rows[0])})",
            [value for row in rows for value in row.values()],
        )
    return Boards(connection)


HANDLE = {"site_id": "s", "asset_id": "a", "component_id": "c"}
CAUSES = ["contact_resistance", "weak_cooling", "hot_site", "sensor_fault"]
SUSPICIONS = {f"{cause}_suspicion": 0.0 for cause in CAUSES}
WATCHLIST = {"component_watchlist": [{**HANDLE, **SUSPICIONS, "concern_rank": 1}]}


def test_the_nearest_handles_leave_out_those_without_a_fault():
    """A handle whose inspection found no fault is the nearest to a cause."""
    handles = [
        {**HANDLE, **SUSPICIONS, "component_id": name, "concern_rank": rank,
         "contact_resistance_suspicion": suspicion, "confidence": "possible", "is_muted": is_muted,
         "evidence": ".", "concern_score": 45.0, "temperature_alert_count": 0,
         "last_inspection_result": "no_fault", "last_inspected_on": day(1)}
        for rank, (name, suspicion, is_muted) in enumerate(
            [("muted", 0.99, True), ("near", 0.8, False), ("far", 0.001, False)], start=1
        )
    ]  # fmt: skip
    boards = boards_of({
        "component_watchlist": handles,
        "component_daily": [{**HANDLE, "peak_trusted_avg_temp_c": 90.0}],
        "watchlist_history": [{**HANDLE, "day": day(1), "concern_score": 45.0}],
    })  # fmt: skip
    shown = [(row["component_name"], row["share"]) for row in boards.rows("watchlist", "nearest")]
    assert shown == [("#near", 0.8)]


@pytest.mark.parametrize(
    ("listed", "title"),
    [
        ("..", "Never on the list in these 2 days"),
        (".", "Not on the list on the only day"),
        (".LL", "On the list since 2 March 2022, 2 days"),
        ("LL.L", "On the list since 4 March 2022, 1 day"),
        ("L.LL.", "On the list on 3 of 5 days, the last was 4 March 2022"),
        # No record in the last days.
        ("LL  ", "On the list on 2 of 2 days, the last was 2 March 2022"),
    ],
)
def test_a_handle_is_listed_since_a_day(listed, title):
    """A handle that left the list is shown as listed, or with the day of an earlier stay."""
    history = [
        {**HANDLE, "component_id": "another", "day": day(number), "first_listed_on": None,
         "days_on_list": None}
        for number in range(1, len(listed) + 1)
    ]  # fmt: skip
    for number, letter in enumerate(listed, start=1):
        if letter == " ":
            continue
        stay = len(listed[:number]) - len(listed[:number].rstrip("L"))
        history.append(
            {**HANDLE, "day": day(number), "first_listed_on": day(number - stay + 1),
             "days_on_list": stay}
            if stay
            else {**history[0], **HANDLE, "day": day(number)}
        )  # fmt: skip
    boards = boards_of({**WATCHLIST, "watchlist_history": history})
    assert boards.rows("component", "history_words") == [{"title": title}]


NONE = (None, None, None)


def judged(last, repaired=None):
    """The marts of a watchlist of seven days whose last day is given, and of a repair."""
    repair = {**HANDLE, "result": "repaired", "inspected_on": repaired and day(repaired)}
    other = {**repair, "component_id": "another", "inspected_on": day(last)}
    return {
        "watchlist_history": [{"day": day(last)}],
        "build_info": [{"watch_days": 7}],
        "inspections": [repair, other] if repaired else [other],
    }


@pytest.mark.parametrize(
    ("negative", "positive", "title"),
    [
        ((1.32, 4.0, 4), (1.4, 3.9, 4), "The negative pole warms 32 % more than before 4 March"),
        ((1.09, 9.0, 4), (1.1, 9.0, 5), "The positive pole warms 10 % more than before 5 March"),
        (
            (1.5, 9.0, 4),
            (1.2, 9.0, 4),
            "Both poles warm more than before 4 March: by 50 % and 20 %",
        ),
        (
            (1.2, 9.0, 4),
            (1.5, 9.0, 5),
            "The positive pole warms 50 % more than before 5 March; "
            "the negative pole warms 20 % more than before 4 March",
        ),
        ((1.0, 0.1, 4), (0.5, -9.0, 4), "The rise of its poles has not clearly grown"),
        # As after a repair: the growth of the day before does not count.
        (NONE, NONE, "Too few days to judge a change of the rise"),
    ],
)
def test_a_rise_has_grown_since_a_day(negative, positive, title):
    """The reported growth is of another pole or day, or is within its error."""
    rows = []
    for pole, last in {"negative": negative, "positive": positive}.items():
        for number, (ratio, z, changed) in [(6, (9.0, 99.0, 3)), (7, last)]:
            rows.append(
                {**HANDLE, "pole": pole, "day": day(number), "steady_rise_c_at_100_kw": 8.0,
                 "steady_rise_relative_error": 0.1, "growth_ratio": ratio, "growth_z": z,
                 "changed_on": changed and day(changed)}
            )  # fmt: skip
    marts = {**WATCHLIST, **judged(last=7), "component_thermal_trend": rows}
    words = {"is_shown": True, "is_missing": False, "title": title}
    assert boards_of(marts).rows("component", "rise_words") == [words]
    # The growth before a repair, or before the days that are judged, is over.
    for over in judged(last=7, repaired=7), judged(last=14):
        over_words = boards_of({**marts, **over}).rows("component", "rise_words")
        assert over_words == [{**words, "title": "Too few days to judge a change of the rise"}]
    for counts in judged(last=7, repaired=6), judged(last=13):
        assert boards_of({**marts, **counts}).rows("component", "rise_words") == [words]
    # An estimate whose error may be as large as itself is not drawn.
    rows = [{**row, "steady_rise_relative_error": 1.0} for row in rows]
    boards = boards_of({**marts, "component_thermal_trend": rows})
    assert boards.rows("component", "rise_days") == []
    words = {**words, "is_shown": False, "is_missing": True}
    assert boards.rows("component", "rise_words") == [words]


@pytest.mark.parametrize("days", [3, 7, 8, 16])
def test_a_week_is_compared_with_the_week_before(days):
    """A week has days of another, or a short or empty one counts as full."""
    fleet = [
        {"day": day(number), "overheated_seconds": 60.0 * number,
         "overheated_component_count": number, "incident_count": 2 * number,
         "used_component_count": 1}
        for number in range(1, days + 1)
    ]  # fmt: skip
    fleet.append({**fleet[0], "day": day(days + 1), "used_component_count": 0})
    history = [
        {"day": day(number), "confidence": "named" if handle < number else "none"}
        for number in range(1, days + 1)
        for handle in range(days)
    ]
    boards = boards_of({"fleet_daily": fleet, "watchlist_history": history})
    week = boards.rows("overview", "weeks")[0]
    assert week["is_shown"] == (days >= 8)
    assert week["listed"] == days
    last, before = list(range(1, days + 1))[-7:], list(range(1, days + 1))[-14:-7]
    mean = sum(last) / len(last)
    assert week["minutes"] == week["handles"] == week["incidents"] / 2 == pytest.approx(mean)
    if days >= 8:
        change = mean - sum(before) / len(before)
        assert week["minutes_change"] == week["handles_change"] == pytest.approx(change)
        assert week["incidents_change"] == pytest.approx(2 * change)
        assert week["listed_change"] == 7
        words = boards.rows("overview", "week_words")[0]
        assert words["finding"].startswith("7 more on the watchlist than a week before, and ")
        assert words["days_before"] == ("day with use" if days == 8 else "7 days with use")


def test_overheating_is_shown_above_the_limit_only(built):
    """A mart shows overheated time for a peak that is not above the threshold."""
    with duckdb.connect(built[1] / "warehouse.duckdb", read_only=True) as connection:
        for mart in ["component_hourly", "component_daily", "site_daily", "fleet_daily"]:
            rows = connection.execute(f"""
                select * from marts.{mart}
                where (overheated_seconds > 0) <> coalesce(peak_trusted_avg_temp_c > 105, false)
                    or (overheated_seconds + suspect_overheated_seconds > 0)
                    <> coalesce(peak_avg_temp_c > 105, false)
            """).fetchall()
            assert not rows, f"{mart}: {rows[0]}"
