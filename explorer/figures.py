"""Grids, charts and texts. Each takes the rows of one query and draws them."""

import textwrap

import dash_ag_grid as dag
import pandas as pd
import plotly.graph_objects as go
import plotly.io as pio
from dash import html
from plotly.subplots import make_subplots
from vizro.models.types import capture

# Colours that colour-blind readers can distinguish, dark enough for lines on white.
BLUE, ORANGE, GREEN, RED, PURPLE, GREY = (
    "#0072B2", "#D55E00", "#00785A", "#B3001B", "#8B4A86", "#767676",
)  # fmt: skip
PALETTE = [BLUE, ORANGE, GREEN, PURPLE, "#7A5C00", "#005F73", RED, "#4B3F72", "#3F6212", GREY]
CAUSE_COLOURS = {
    "contact resistance": RED,
    "weak cooling": BLUE,
    "hot site": ORANGE,
    "sensor fault": PURPLE,
    "none": GREY,
}
STATE_COLOURS = {
    "overheated": RED,
    "at or above 90 °C": ORANGE,
    "below 90 °C": BLUE,
    "suspect sensor": GREY,
}
# The number format of a column, by the unit at the end of its name.
FORMATS = {
    "°C": ",.1f",
    "°C a day": "+,.2f",
    "kW": ",.1f",
    "kW a day": "+,.1f",
    "kWh": ",.1f",
    "s": ",.0f",
    "min": ",.1f",
    "%": ",.1f",
    "Score": ",.1f",
}
# Charts arrive in the light theme, so that the browser need not draw them again (explorer.js).
pio.templates.default = "vizro_light"
for theme in ("vizro_light", "vizro_dark"):
    layout = pio.templates[theme].layout
    # Vizro's values for charts on a page.
    layout.update(margin={"b": 16, "l": 24, "t": 24}, title_pad={"l": 0, "r": 0})
    # Or Plotly measures each tick label to hide those that overflow: a third of its time.
    layout.xaxis.ticklabeloverflow = layout.yaxis.ticklabeloverflow = "allow"
# The smallest width of a column, unless it has its own.
MIN_WIDTH = 110
# Columns of long text, by name: they take the remaining width, and wrap.
LONG_TEXTS = ("Finding", "Problem", "Text", "File", "Reason", "Note")


def format_of(name: str, values: pd.Series) -> str:
    """The format of a column of numbers, for Python and for d3."""
    is_count = name.rpartition(", ")[2] not in FORMATS and (values.dropna() % 1 == 0).all()
    return ",.0f" if is_count else FORMATS.get(name.rpartition(", ")[2], ",.2f")


def column(name: str, values: pd.Series) -> dict:
    """The AG Grid column for one column of a query."""
    is_number = pd.api.types.is_numeric_dtype(values)
    settings = {
        "field": name,
        # Or the grid makes its own words of the name: "30 s" becomes "30 S".
        "headerName": name,
        "filter": "agNumberColumnFilter" if is_number else "agTextColumnFilter",
    }
    if is_number:
        shown = f"params.value == null ? '' : d3.format('{format_of(name, values)}')(params.value)"
        settings |= {
            "type": "rightAligned",
            "valueFormatter": {"function": shown},
            "filterParams": {
                "defaultOption": "greaterThanOrEqual",
                "filterPlaceholder": "at least",
            },
            "floatingFilterComponentParams": {"filterPlaceholder": "at least"},
        }
    if name in ("#", "Rank", "Severity"):
        settings |= {"maxWidth": 100, "minWidth": 60, "floatingFilter": False}
    elif name.endswith("UTC"):
        settings |= {"minWidth": 190}
    elif name in ("Likely cause", "Look at", "Alert", "Signal", "Measure"):
        settings |= {"minWidth": 170, "flex": 2}
    elif not is_number and name not in LONG_TEXTS:
        settings |= {"minWidth": 130}
    if name in LONG_TEXTS:
        settings |= {"wrapText": True, "autoHeight": True, "minWidth": 260, "flex": 4}
    return settings


def header_lines(settings: dict) -> int:
    """How many lines a column's header needs at its smallest width: the grid is slow to measure."""
    letters = (settings.get("minWidth", MIN_WIDTH) - 35) // 8
    return len(textwrap.wrap(settings["headerName"], letters, break_long_words=False))


@capture("ag_grid")
def grid(data_frame: pd.DataFrame, page_size: int = 10) -> dag.AgGrid:
    """A table that can be sorted, searched, paged and downloaded.

    A column _X has the addresses that column X links to. Other columns that begin with _ are
    hidden.
    """
    columns = [
        column(field, data_frame[field]) for field in data_frame if not field.startswith("_")
    ]
    for settings in columns:
        if f"_{settings['field']}" in data_frame:
            settings["cellRenderer"] = "PageLink"
    return dag.AgGrid(
        columnDefs=columns,
        rowData=data_frame.astype(object).where(data_frame.notna(), None).to_dict("records"),
        className="ag-theme-vizro",
        defaultColDef={
            "sortable": True,
            "resizable": True,
            "floatingFilter": len(data_frame) > page_size,
            "suppressHeaderMenuButton": True,
            "suppressHeaderFilterButton": True,
            "suppressFloatingFilterButton": True,
            "wrapHeaderText": True,
            "tooltipValueGetter": {"function": "params.valueFormatted ?? params.value"},
            "minWidth": MIN_WIDTH,
            "flex": 1,
        },
        dashGridOptions={
            "domLayout": "autoHeight",
            "pagination": len(data_frame) > page_size,
            "paginationPageSize": page_size,
            "paginationPageSizeSelector": [5, 10, 20, 50, 100],
            "enableCellTextSelection": True,
            "animateRows": False,
            # Otherwise the keyboard cannot reach the cells and their links.
            "suppressCellFocus": False,
            "alwaysShowHorizontalScroll": True,
            "tooltipShowDelay": 400,
            "suppressFieldDotNotation": True,
            "rowSelection": {
                "mode": "singleRow", "checkboxes": False, "enableClickSelection": True,
            },
            "localeText": {"noRowsToShow": "No rows for these filters."},
            "rowHeight": 34,
            "headerHeight": 16 + 18 * max(map(header_lines, columns)),
            "floatingFiltersHeight": 34,
        },
    )  # fmt: skip


@capture("figure")
def short_table(data_frame: pd.DataFrame, title: str, header: str = "") -> html.Div:
    """A table of a few rows, without the filters and the cost of a grid."""
    shown = pd.DataFrame({name: written(name, data_frame[name]) for name in data_frame})
    kinds = {
        name: "number" if pd.api.types.is_numeric_dtype(data_frame[name]) else "" for name in shown
    }
    head = html.Tr([html.Th(name, className=kinds[name], scope="col") for name in shown])
    rows = [
        html.Tr([html.Td(row[name], className=kinds[name]) for name in shown])
        for row in shown.to_dict("records")
    ]
    return html.Div(
        [
            html.H3(title, className="figure-title"),
            html.P(header) if header else None,
            html.Table([html.Thead(head), html.Tbody(rows)])
            if rows
            else html.P("No rows for these filters."),
        ],
        className="short-table",
    )


def written(name: str, values: pd.Series) -> list[str]:
    """The values of a column as they are shown; an unknown one is empty."""
    if pd.api.types.is_numeric_dtype(values):
        form = format_of(name, values)
        return ["" if pd.isna(value) else format(value, form) for value in values]
    return ["" if pd.isna(value) else str(value) for value in values]


@capture("figure")
def texts(data_frame: pd.DataFrame, style: str = "") -> html.Div:
    """One paragraph per value."""
    return html.Div(
        [html.P(value) for row in data_frame.to_numpy() for value in row if value],
        className=f"texts {style}",
        role="status",
    )


def empty(figure: go.Figure, words: str = "No data for these filters.") -> go.Figure:
    """The same figure without axes, with a sentence."""
    figure.add_annotation(text=words, showarrow=False, x=0.5, y=0.5, xref="paper", yref="paper")
    return figure.update_xaxes(visible=False).update_yaxes(visible=False)


def plain(text: object) -> str:
    """A name from the data for plotly, which interprets some HTML."""
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@capture("graph")
def component_series(data_frame: pd.DataFrame) -> go.Figure:
    """Poles, board and power of one handle over time, with alerts and overheated periods."""
    figure = make_subplots(
        rows=3, cols=1, shared_xaxes=True, vertical_spacing=0.04, row_heights=[0.5, 0.2, 0.3]
    ).update_layout(height=640)
    kinds = dict(tuple(data_frame.groupby("kind")))
    windows = kinds.get("window")
    if windows is None:
        return empty(figure)
    threshold_c = windows.threshold_c.iloc[0]
    # Milliseconds: with texts, the data of a week would be 1.7 times as large.
    started_at = windows.started_at.to_numpy("datetime64[ms]").astype("float64")
    for row, name, field, colour in [
        (1, "Negative pole", "negative_pole_temp_c", BLUE),
        (1, "Positive pole", "positive_pole_temp_c", ORANGE),
        (2, "Board (PCBA)", "board_temp_c", GREEN),
        (3, "Maximum power", "max_power_kw", "#C9B3C7"),
        (3, "Mean power", "avg_power_kw", PURPLE),
    ]:
        unit = "kW" if row == 3 else "°C"
        figure.add_scatter(
            x=started_at, y=windows[field].astype("float32"), name=name, mode="lines",
            row=row, col=1,
            line={"color": colour, "width": 1.5},
            hovertemplate=f"%{{y:.1f}} {unit}",
        )  # fmt: skip
    figure.add_hline(
        y=threshold_c, row=1, col=1, line={"color": RED, "dash": "dot"},
        annotation_text=f"{threshold_c:g} °C", annotation_position="top left",
    )  # fmt: skip
    for kind, name, colour in [
        ("overheated", "Overheated", RED),
        ("untrusted", "Suspect or frozen sensor", GREY),
    ]:
        spans = kinds.get(kind)
        if spans is None:
            continue
        # One shape for all spans: a chart with hundreds of shapes is slow.
        figure.add_shape(
            type="path", xref="x", yref="y domain", layer="below",
            path=" ".join(
                f"M {start:%Y-%m-%d_%H:%M:%S},0 V 1 H {end:%Y-%m-%d_%H:%M:%S} V 0 Z"
                for start, end in zip(spans.started_at, spans.ended_at, strict=True)
            ),
            fillcolor=colour, fillrule="nonzero", opacity=0.25, line={"width": 0},
        )  # fmt: skip
        figure.add_scatter(
            x=[None], y=[None], name=name, mode="markers", row=1, col=1,
            marker={"symbol": "square", "size": 12, "color": colour, "opacity": 0.4},
        )  # fmt: skip
    incidents = kinds.get("incident")
    if incidents is not None:
        top = max(
            threshold_c, windows[["negative_pole_temp_c", "positive_pole_temp_c"]].max().max()
        )
        figure.add_scatter(
            x=incidents.started_at, y=[top + 6] * len(incidents), name="Alert", mode="markers",
            marker={"symbol": "triangle-down", "size": 10, "color": RED},
            text=incidents.label.map(plain), hovertemplate="%{text}", row=1, col=1,
        )  # fmt: skip
    bucket_seconds = windows.bucket_seconds.max()
    span = (
        "30 s means"
        if bucket_seconds == 30
        else f"highest 30 s mean of {bucket_seconds / 60:g} min"
    )
    figure.update_yaxes(title_text=f"Poles, °C<br>({span})", row=1)
    figure.update_yaxes(title_text="Board, °C", row=2)
    figure.update_yaxes(title_text="Power, kW", row=3)
    return (
        figure.update_layout(
            hovermode="x unified",
            legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
            margin={"l": 90, "r": 20, "t": 80, "b": 60},
        )
        .update_yaxes(automargin=False)
        .update_xaxes(type="date", hoverformat="%-d %b %Y %H:%M:%S", automargin=False)
    )


@capture("graph")
def peers(data_frame: pd.DataFrame) -> go.Figure:
    """Temperature by power, of each pole, against the healthy handles and the neighbours."""
    figure = make_subplots(
        rows=1, cols=2, shared_yaxes=True, horizontal_spacing=0.04,
        subplot_titles=["Negative pole", "Positive pole"],
    ).update_layout(height=360)  # fmt: skip
    if data_frame.empty:
        return empty(figure, "Too few windows at a known power to compare.")
    for col, (_, rows) in enumerate(data_frame.groupby("pole"), start=1):
        power = rows.recent_power_kw
        figure.add_scatter(
            x=[*power, *power[::-1]], y=[*rows.healthy_p90_value, *rows.healthy_p10_value[::-1]],
            fill="toself", fillcolor="rgba(0,120,90,0.2)", line={"width": 0}, hoverinfo="skip",
            name="Healthy handles, p10 to p90", legendgroup="band", showlegend=col == 1,
            row=1, col=col,
        )  # fmt: skip
        for name, field, colour, dash in [
            ("This handle", "own_value", RED, "solid"),
            ("Healthy median", "healthy_median_value", GREEN, "solid"),
            ("Neighbours at the site, median", "neighbour_median_value", BLUE, "dash"),
        ]:
            figure.add_scatter(
                x=power, y=rows[field], name=name, legendgroup=name, showlegend=col == 1,
                line={"color": colour, "dash": dash}, row=1, col=col,
                hovertemplate="%{y:.1f} °C at %{x} kW",
            )  # fmt: skip
    return (
        figure.update_xaxes(title_text="Recent power, kW")
        .update_yaxes(title_text="Mean temperature, °C", col=1)
        .update_layout(legend={"orientation": "h", "y": -0.25}, margin={"t": 40, "b": 90})
    )


@capture("graph")
def thermal_trend(data_frame: pd.DataFrame) -> go.Figure:
    """Rise of each pole by day, with its standard error and its growth."""
    figure = go.Figure().update_layout(height=320)
    if data_frame.empty:
        return empty(figure, "Too little use to estimate the rise of a pole.")
    for pole, colour in [("Negative pole", BLUE), ("Positive pole", ORANGE)]:
        rows = data_frame[data_frame.pole == pole]
        figure.add_scatter(
            x=rows.day, y=rows.rise_c, name=pole, mode="lines+markers", line={"color": colour},
            error_y={"array": rows.error_c, "thickness": 1, "width": 3},
            text=[
                "" if pd.isna(row.growth_ratio)
                else f", {100 * row.growth_ratio - 100:+.0f} % since its change "
                f"(z {row.growth_z:.1f})"
                for row in rows.itertuples()
            ],
            hovertemplate="%{y:.1f} °C%{text}",
        )  # fmt: skip
    return figure.update_layout(
        hovermode="x unified", yaxis_title="Rise, °C", yaxis_rangemode="tozero",
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"}, margin={"t": 50, "b": 40},
    ).update_xaxes(
        tickformat="%-d %b", nticks=16,
        # A tick a day: more would repeat its label.
        dtick=24 * 3600 * 1000 if data_frame.day.nunique() < 16 else None,
    )  # fmt: skip


@capture("graph")
def site_days(data_frame: pd.DataFrame) -> go.Figure:
    """Sites compared over days, one panel per measure."""
    panels = [
        ("peak_temp_c", "Highest 30 s mean, °C", ".1f"),
        ("avg_power_kw", "Mean power, kW", ".1f"),
        ("hot_ratio", "Share at or above 90 °C", ".1%"),
        ("incident_count", "Alert incidents", ".0f"),
    ]
    figure = make_subplots(
        rows=2, cols=2, shared_xaxes=True, horizontal_spacing=0.08, vertical_spacing=0.12,
        subplot_titles=[title for _, title, _ in panels],
    ).update_layout(height=480)  # fmt: skip
    if data_frame.empty:
        return empty(figure)
    for place, (field, _, number_format) in enumerate(panels):
        for number, (site, days) in enumerate(data_frame.groupby("site", sort=False)):
            figure.add_scatter(
                x=days.day, y=days[field], name=plain(site), legendgroup=str(number),
                showlegend=place == 0, mode="lines+markers",
                line={"color": PALETTE[number % len(PALETTE)]},
                hovertemplate=f"%{{y:{number_format}}}",
                row=place // 2 + 1, col=place % 2 + 1,
            )  # fmt: skip
    figure.update_yaxes(tickformat=".1%", row=2, col=1)
    return figure.update_layout(
        hovermode="x unified", legend={"orientation": "h", "y": -0.12}, margin={"t": 40}
    ).update_xaxes(tickformat="%-d %b", nticks=8)


@capture("graph")
def alert_timeline(data_frame: pd.DataFrame) -> go.Figure:
    """One mark per incident: when, which alert, and whether the handle was hot."""
    names = sorted(data_frame.alert_name.unique(), reverse=True)
    figure = go.Figure().update_layout(height=160 + 40 * max(len(names), 2))
    if not names:
        return empty(figure, "No alerts for these filters.")
    for state, colour in STATE_COLOURS.items():
        rows = data_frame[data_frame.state == state]
        figure.add_scatter(
            x=rows.started_at, y=rows.alert_name.map(names.index), name=state, mode="markers",
            marker={"color": colour, "size": 9, "opacity": 0.75},
            customdata=rows[["component", "site", "alert_count"]].map(plain),
            text=rows.alert_name.map(plain),
            hovertemplate=(
                "%{text}<br>%{x|%-d %b %Y %H:%M:%S}<br>handle %{customdata[0]}, "
                "site %{customdata[1]}<br>alerts: %{customdata[2]}"
            ),
        )  # fmt: skip
    return figure.update_layout(
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"}, margin={"t": 50, "b": 40}
    ).update_yaxes(
        automargin=True,
        tickvals=[*range(len(names))],
        ticktext=[plain(name[:40]) for name in names],
    )


@capture("graph")
def power_marks(data_frame: pd.DataFrame) -> go.Figure:
    """One mark per handle: its mean power and its highest trusted 30 s mean."""
    figure = go.Figure().update_layout(height=440)
    data_frame = data_frame.dropna(subset=["Mean power, kW", "Highest 30 s mean, °C"])
    if data_frame.empty:
        return empty(figure)
    for cause, rows in data_frame.groupby("Likely cause"):
        symbol = "circle-open" if cause.startswith("perhaps ") else "circle"
        colour = CAUSE_COLOURS.get(cause.removeprefix("perhaps "), GREY)
        figure.add_scatter(
            x=rows["Mean power, kW"], y=rows["Highest 30 s mean, °C"], name=plain(cause),
            mode="markers", marker={"color": colour, "size": 9, "symbol": symbol},
            customdata=rows[["_component"]],
            text=[
                f"handle {plain(handle)}, site {plain(site)}"
                for handle, site in zip(rows["Handle"], rows["Site"], strict=True)
            ],
            hovertemplate="%{text}<br>%{x:.1f} kW, %{y:.1f} °C",
        )  # fmt: skip
    figure.add_hline(y=data_frame["_threshold_c"].iloc[0], line={"color": RED, "dash": "dot"})
    return figure.update_layout(
        dragmode="select", legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
        xaxis_title="Mean power, kW", yaxis_title="Highest trusted 30 s mean, °C",
        margin={"t": 50, "b": 60},
    )  # fmt: skip


@capture("graph")
def hot_by_power(data_frame: pd.DataFrame) -> go.Figure:
    """Share of windows at or above 90 °C, by recent power."""
    figure = go.Figure().update_layout(height=300)
    if data_frame.empty:
        return empty(figure)
    figure.add_bar(
        x=data_frame.recent_power_bin_kw + 10, y=data_frame.hot_ratio, marker_color=ORANGE,
        customdata=data_frame[["recent_power_bin_kw", "window_count", "component_count"]],
        hovertemplate=(
            "%{customdata[0]} kW and 20 kW up: %{y:.2%}<br>windows: %{customdata[1]}, "
            "handles: %{customdata[2]}<extra></extra>"
        ),
    )  # fmt: skip
    return figure.update_layout(
        xaxis_title="Mean power of the last 8 minutes, kW", yaxis_tickformat=".1%",
        yaxis_title="Share at or above 90 °C", margin={"t": 20, "b": 60}, showlegend=False,
    )  # fmt: skip
