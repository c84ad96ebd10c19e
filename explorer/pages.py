"""The pages: the queries that each page shows, how it shows them, and its filters."""

from functools import partial

import figures
import vizro.actions as va
import vizro.models as vm
from vizro.managers import data_manager
from warehouse import Warehouse, filters_of

# A filter also sets the same filter on other pages. This suppresses a message each time.
del va.set_controls.notifications

TITLES = {
    "site": "Site",
    "asset": "Asset",
    "component": "Handle",
    "cause": "Likely cause",
    "signal": "Signal",
    "dates": "Days, UTC",
    "zoom": "Zoom to",
}
# Pages on which a filter has a single value instead of a list.
SINGLE = {"component-component", "component-zoom"}
# Filters that limit the options of another filter.
NARROWED_BY = {
    "asset": ["site"],
    "component": ["site", "asset", "cause"],
    "zoom": ["component", "dates"],
}
SITE_FILTERS = ["site", "asset", "component", "cause"]
PAGE_FILTERS = {
    "fleet": SITE_FILTERS,
    "sites": ["dates", *SITE_FILTERS],
    "component": ["component", "dates", "zoom"],
    "alerts": ["dates", *SITE_FILTERS],
    "power": SITE_FILTERS,
    "data": ["site", "asset", "component", "signal"],
}


def selector_id(page: str, name: str) -> str:
    """The id of the input for a filter of a page."""
    return f"{page}-{name}-selector"


def options_of(warehouse: Warehouse, name: str, **filters: object) -> list[dict]:
    """The options of a filter, given the other filters."""
    rows = warehouse.query(f"{name}_options", **filters)
    return [{"label": label, "value": key} for label, key in zip(rows.label, rows.key, strict=True)]


def table(page: str, query: str, title: str, size: int = 10, **settings: object) -> vm.Table:
    """A grid with the rows of a query."""
    return vm.Table(
        id=f"{page}-{query}",
        title=title,
        figure=figures.grid(data_frame=query, page_size=size),
        **settings,
    )


def short_table(page: str, query: str, title: str, header: str = "") -> vm.Figure:
    """A few rows of a query, without the filters and the cost of a grid."""
    figure = figures.short_table(data_frame=query, title=title, header=header)
    return vm.Figure(id=f"{page}-{query}", figure=figure)


def has_download(part: vm.VizroBaseModel) -> bool:
    """Whether a part shows rows, not words."""
    return isinstance(part, vm.Table | vm.Graph) or "title" in part.figure._arguments


def chart(page: str, draw, query: str, title: str, **more: object) -> vm.Graph:
    """A chart of the rows of a query."""
    return vm.Graph(
        id=f"{page}-{query}-chart",
        title=title,
        figure=draw(data_frame=query),
        # Removes Plotly's button that uploads a chart to its cloud.
        extra={
            "config": {
                "displaylogo": False,
                "modeBarButtonsToRemove": ["sendDataToCloud", "sendChartToCloud", "shareChart"],
            }
        },
        **more,
    )


def with_downloads(shown: list) -> list:
    """The same parts, with a button below each table and chart that downloads it as CSV."""
    made = []
    for part in shown:
        made.append(part)
        if has_download(part):
            made.append(vm.Button(id=f"{part.id}-csv", text="Download CSV", variant="plain"))
    return made


def words(page: str, query: str, style: str = "") -> vm.Figure:
    """The texts that a query returns."""
    return vm.Figure(id=f"{page}-{query}", figure=figures.texts(data_frame=query, style=style))


def selector(page: str, name: str, warehouse: Warehouse) -> vm.Dropdown | vm.DatePicker:
    """The input of a filter. An empty input means all."""
    settings = {"id": selector_id(page, name), "title": TITLES[name]}
    if name == "dates":
        days = warehouse.query("day_range")
        return vm.DatePicker(
            min=days.first_day[0],
            max=days.last_day[0],
            extra={"placeholder": "All days", "clearable": True, "valueFormat": "D MMM YYYY"},
            **settings,
        )
    if f"{page}-{name}" == "component-zoom":
        return vm.Dropdown(
            multi=False,
            options=[{"label": "All chosen days", "value": ""}],
            value="",
            **settings,
        )
    options = options_of(warehouse, name) or [{"label": "(none)", "value": ""}]
    if f"{page}-{name}" in SINGLE:
        return vm.Dropdown(multi=False, options=options, **settings)
    return vm.Dropdown(options=options, value=[], extra={"placeholder": "All"}, **settings)


def controls(page: str, names: list[str], shown: list, warehouse: Warehouse) -> list[vm.Parameter]:
    """Filters that set the parameters of the page's queries, and the same filter on other pages."""
    made = []
    for name in names:
        others = [
            f"{other}-{name}"
            for other, others_names in PAGE_FILTERS.items()
            # A page for one handle keeps its handle, whatever filters the other pages have.
            if other != page and name in others_names and f"{page}-{name}" not in SINGLE
        ]
        made.append(
            vm.Parameter(
                id=f"{page}-{name}",
                targets=[
                    *(
                        f"{figure.id}.data_frame.{name}"
                        for figure in shown
                        if name in filters_of(figure.figure["data_frame"])
                    ),
                    *others,
                ],
                selector=selector(page, name, warehouse),
                show_in_url=True,
            )
        )
    return made


def page(
    *,
    name: str,
    title: str,
    path: str,
    shown: list,
    warehouse: Warehouse,
    whole_fleet: list | None = None,
    filtered_title: str = "",
) -> vm.Page:
    """A page: its filters, on the left, apply to everything that it shows.

    The tables of whole_fleet come first and have no filter. The filters and filtered_title follow
    below them.
    """
    notice = words(name, "notice", "notice")
    filters = controls(name, PAGE_FILTERS[name], [notice, *shown], warehouse)
    parts = with_downloads([notice, *shown])
    page_parts = {"components": parts, "controls": filters}
    if whole_fleet:
        filtered = vm.Container(title=filtered_title, layout=vm.Flex(), **page_parts)
        page_parts = {"components": [*with_downloads(whole_fleet), filtered]}
    return vm.Page(id=name, title=title, path=path, layout=vm.Flex(), **page_parts)


def zoom_there() -> va.set_controls:
    """A selected row sets the zoom of the handle's chart."""
    return va.set_controls(controls="component-zoom", value="_zoom")


def build(warehouse: Warehouse) -> list[vm.Page]:
    """All pages."""
    for path in warehouse.queries():
        data_manager[path.stem] = partial(warehouse.query, path.stem)
    return [
        page(
            name="fleet",
            title="Fleet",
            path="/",
            whole_fleet=[
                table("fleet", "findings", "What stands out in the whole fleet", size=5),
                table(
                    "fleet",
                    "last_day",
                    "The hottest handles of the last day",
                    header="Only trusted sensors count.",
                ),
                table(
                    "fleet",
                    "overheated",
                    "Questions 1 and 2: overheated in any 30 s period, and the maximum power then",
                    header="One row per handle and signal. Fixed windows are another way to read "
                    "the question: 30 s by the clock.",
                ),
                table(
                    "fleet",
                    "alert_averages",
                    "Question 3: mean power and temperature when a temperature alert fires",
                    header="Uses the last reading before each alert, whatever its age. Trusted "
                    "alerts exclude those that fired while a temperature sensor of the handle "
                    "was suspect.",
                ),
            ],
            filtered_title="Question 4: which handles to look at",
            shown=[
                table(
                    "fleet",
                    "watchlist",
                    "Watchlist",
                    header="Select a row to read its evidence below. An id opens its handle. Cause "
                    "and score are of the last days of the data (watch_days), all other columns of "
                    "all days.",
                ),
                words("fleet", "evidence", "evidence"),
            ],
            warehouse=warehouse,
        ),
        page(
            name="sites",
            title="Sites and assets",
            path="/sites",
            shown=[
                table(
                    "sites",
                    "assets",
                    "Assets",
                    header="Select a row to narrow the page to its asset. A trend is the slope "
                    "of the daily figures of its handles.",
                    actions=va.set_controls(controls="sites-asset", value="_asset"),
                ),
                chart(
                    "sites",
                    figures.site_days,
                    "site_days",
                    "Sites by day",
                    header="Shows up to ten chosen sites, or the five hottest if none is chosen.",
                ),
                table("sites", "components", "Handles"),
            ],
            warehouse=warehouse,
        ),
        page(
            name="component",
            title="Handle",
            path="/component",
            shown=[
                words("component", "component_heading", "heading"),
                chart(
                    "component",
                    figures.component_series,
                    "component_series",
                    "Readings",
                    header="Drag to zoom, double-click to see all. Select a session or an "
                    "incident below to zoom there.",
                ),
                table("component", "sessions", "Sessions, the hottest first", actions=zoom_there()),
                table("component", "component_incidents", "Alert incidents", actions=zoom_there()),
                table(
                    "component",
                    "component_history",
                    "On the watchlist, day by day",
                    header="Each day is judged together with the days before it, seven in all "
                    "unless the variable watch_days says otherwise.",
                ),
                chart(
                    "component",
                    figures.thermal_trend,
                    "thermal_trend",
                    "Rise of each pole at a lasting 100 kW, day by day",
                    header="Bars show the standard error. Days whose error is as large as the rise "
                    "are left out.",
                ),
                short_table(
                    "component",
                    "component_inspections",
                    "Inspections, all days",
                    header="The day before is the last judged day before the inspection.",
                ),
                table("component", "neighbours", "Handles of the same site, in the chosen days"),
                chart("component", figures.peers, "peers", "Against healthy handles, all days"),
                short_table(
                    "component",
                    "peer_measures",
                    "Figures against healthy handles, in the days of the watchlist",
                ),
            ],
            warehouse=warehouse,
        ),
        page(
            name="alerts",
            title="Alerts",
            path="/alerts",
            shown=[
                words("alerts", "incident_words", "heading"),
                chart("alerts", figures.alert_timeline, "alert_timeline", "Incidents over time"),
                table("alerts", "alerting", "Handles that raise the alerts"),
                table(
                    "alerts",
                    "incidents",
                    "Incidents",
                    header="An incident is a run of alerts of one name and handle.",
                ),
            ],
            warehouse=warehouse,
        ),
        page(
            name="power",
            title="Power and temperature",
            path="/power",
            shown=[
                chart(
                    "power",
                    figures.power_marks,
                    "power_marks",
                    "Handles by mean power and highest temperature",
                    header="Draw a box around marks to list only their handles below; "
                    "double-click to list all.",
                ),
                table("power", "power_marks", "Handles, and their loss by derating"),
                chart(
                    "power",
                    figures.hot_by_power,
                    "hot_by_power",
                    "How often a handle is at or above 90 °C, by power",
                ),
            ],
            warehouse=warehouse,
        ),
        page(
            name="data",
            title="Data quality",
            path="/data-quality",
            whole_fleet=[
                table("data", "files", "Files"),
                table("data", "rejected_reasons", "Rejected rows by reason"),
                table(
                    "data",
                    "rejected",
                    "Rejected rows",
                    header="The first 1,000; marts.rejected_rows has all.",
                ),
            ],
            filtered_title="Sensors",
            shown=[table("data", "sensors", "Sensors with implausible or frozen readings")],
            warehouse=warehouse,
        ),
    ]
