"""Serves the explorer of the published file on http://127.0.0.1:PORT, read-only: make serve."""

import base64
import json
import os
import sys
import tempfile
from pathlib import Path
from urllib.parse import parse_qs

import duckdb
import pages
import pandas as pd
import vizro.models as vm
import waitress
from dash import ClientsideFunction, Input, Output, State, callback, clientside_callback, dcc, html
from vizro import Vizro
from vizro.managers import model_manager
from warehouse import Warehouse, filters_of

sys.path.append(str(Path(__file__).resolve().parents[1] / "scripts"))
from spreadsheet import write_csv


class Explorer(vm.Dashboard):
    """All pages, with the period and the age of the build on top."""

    _warehouse: Warehouse

    def custom_header(self) -> list[html.Div]:
        period = self._warehouse.query("period").words[0]
        return [html.Div([html.Div(period, id="period"), html.Div(id="address", role="alert")])]

    def build(self):
        # Vizro has filled in the days. An empty range means all days, including those of a newer
        # file. Vizro's own check of the value cannot compare an empty range.
        for parameter in model_manager._get_models(vm.Parameter):
            if isinstance(parameter.selector, vm.DatePicker):
                vars(parameter.selector)["value"] = []
        return super().build()


def filters_in(search: str) -> dict[str, object]:
    """The filters in the query string of an address."""
    filters = {}
    for control, values in parse_qs(search.removeprefix("?")).items():
        text = values[0].removeprefix("b64_")
        try:
            value = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        except ValueError:
            value = text
        filters[control.partition("-")[2]] = value
    return filters


def refresh(warehouse: Warehouse) -> None:
    """Updates the filter options after a new file is published."""
    for page, names in pages.PAGE_FILTERS.items():
        for name in names:
            selector = model_manager[pages.selector_id(page, name)]
            if name == "dates":
                days = warehouse.query("day_range")
                selector.min, selector.max = days.first_day[0], days.last_day[0]
            elif name != "zoom":
                selector.options = pages.options_of(warehouse, name)


def narrow_options(page: str, name: str, by: list[str], warehouse: Warehouse) -> None:
    """Limits the options of a page's filter to those that match the other filters."""

    @callback(
        Output(pages.selector_id(page, name), "options"),
        *(Input(pages.selector_id(page, other), "value") for other in by),
        prevent_initial_call=name != "zoom",
    )
    def options(*values):
        return pages.options_of(warehouse, name, **dict(zip(by, values, strict=True)))


def offer_download(page: str, part: vm.VizroBaseModel, warehouse: Warehouse) -> None:
    """Connects the button below a table or chart to a CSV download of what it shows."""
    query = part.figure["data_frame"]
    names = sorted(set(pages.PAGE_FILTERS[page]) & filters_of(query))
    if isinstance(part, vm.Table):
        # The rows left by the filters of the grid itself, in the order shown.
        states = [State(part._inner_component_id, "virtualRowData")]
    else:
        states = [State(pages.selector_id(page, name), "value") for name in names]

    @callback(
        Output("vizro_download", "data", allow_duplicate=True),
        Input(f"{part.id}-csv", "n_clicks"),
        *states,
        prevent_initial_call=True,
    )
    def download(_, *values):
        if isinstance(part, vm.Table):
            rows = pd.DataFrame(values[0] or [])
        else:
            rows = warehouse.query(query, **dict(zip(names, values, strict=True)))
        rows = rows[[name for name in rows if not name.startswith("_")]]
        with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
            path = Path(folder, f"{part.id}.csv")
            write_csv(connection, connection.from_df(rows), path)
            return dcc.send_file(path)


def create(path: Path) -> Vizro:
    """The app for a published file."""
    warehouse = Warehouse(path)
    warehouse.open()
    app = Vizro(assets_folder=str(Path(__file__).parent / "assets"))
    explorer = Explorer(
        title="Supercharger explorer", pages=pages.build(warehouse), theme="vizro_light"
    )
    explorer._warehouse = warehouse
    app.build(explorer)
    for page, names in pages.PAGE_FILTERS.items():
        for name, by in pages.NARROWED_BY.items():
            if name in names and (present := [other for other in by if other in names]):
                narrow_options(page, name, present, warehouse)
    for page in explorer.pages:
        for part in model_manager._get_models((vm.Table, vm.Graph, vm.Figure), root_model=page):
            if pages.has_download(part):
                offer_download(page.id, part, warehouse)

    # An input drops a value that is not among its options. The message on the address stays.
    @callback(Output("address", "children"), Input("_pages_location", "search"))
    def judge_address(search):
        return " ".join(warehouse.query("wrong_filters", **filters_in(search or "")).sentence)

    clientside_callback(
        ClientsideFunction("explorer", "evidence"),
        Output("fleet-evidence", "children"),
        Input("__input_fleet-watchlist", "selectedRows"),
        prevent_initial_call=True,
    )
    clientside_callback(
        ClientsideFunction("explorer", "list_selected"),
        Output("power-power_marks-chart", "title"),
        Input("power-power_marks-chart", "selectedData"),
        prevent_initial_call=True,
    )
    clientside_callback(
        ClientsideFunction("explorer", "show_chart"),
        Output("component-component_series-chart", "title"),
        Input(pages.selector_id("component", "zoom"), "value"),
        prevent_initial_call=True,
    )
    server = app.dash.server
    # Refuses host names that another site has made a browser resolve to this machine.
    server.config["TRUSTED_HOSTS"] = ["127.0.0.1", "localhost"]

    @server.before_request
    def pick_up_new_file():
        if warehouse.reopen_if_replaced():
            refresh(warehouse)

    return app


def main() -> None:
    path = Path(os.environ.get("WAREHOUSE_PATH", "supercharger.duckdb"))
    port = os.environ.get("PORT", "8050")
    if not path.is_file():
        sys.exit(f"There is no warehouse '{path}' yet: run make build first.")
    try:
        app = create(path)
    except duckdb.Error as error:
        sys.exit(
            f"'{path}' cannot be read as a warehouse of this version: run make build first. "
            f"DuckDB says: {str(error).splitlines()[0]}"
        )
    print(f"Serving '{path}' on http://127.0.0.1:{port}, read-only. Ctrl-C ends it.", flush=True)
    try:
        waitress.serve(app.dash.server, host="127.0.0.1", port=int(port), threads=8)
    except (OSError, ValueError) as error:
        sys.exit(f"Port {port} cannot be used: {error}. Try: make serve PORT=8051")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
