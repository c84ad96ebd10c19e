// Links in grids, and what happens in the browser alone.
window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {};

// The text is a child of React, so that no name of the data becomes markup.
window.dashAgGridComponentFunctions.PageLink = function (props) {
  const href = props.data["_" + props.colDef.field];
  return React.createElement("a", { href, className: "grid-link" }, props.value);
};

window.dash_clientside = window.dash_clientside || {};
window.dash_clientside.explorer = {
  // The evidence of the selected row, as text.
  evidence: function (rows) {
    return rows && rows.length ? rows[0]._evidence : window.dash_clientside.no_update;
  },

  // The grid lists the handles of the selected marks; without a selection all.
  list_selected: function (selected) {
    const keys = selected && selected.points.map((point) => point.customdata[0]);
    const grid = window.dash_ag_grid.getApi("__input_power-power_marks");
    grid.setGridOption("isExternalFilterPresent", () => Boolean(keys));
    grid.setGridOption("doesExternalFilterPass", (node) => keys.includes(node.data._component));
    grid.onFilterChanged();
    return window.dash_clientside.no_update;
  },

  // A zoom from a table far below shows what it did.
  show_chart: function (zoom) {
    if (zoom) {
      document
        .getElementById("component-component_series-chart")
        .scrollIntoView({ block: "center" });
    }
    return window.dash_clientside.no_update;
  },
};

// Most pages draw charts: their library is read while the first page is looked at.
window.addEventListener("load", () => {
  setTimeout(() => {
    const library = document.createElement("script");
    library.src = "/_dash-component-suites/plotly/package_data/plotly.min.js";
    if (!window.Plotly) {
      document.head.append(library);
    }
  }, 2500);
});

// Vizro resets the filters of one page; they are kept from page to page, so all go.
const resetPage = window.dash_clientside.page.reset_controls;
window.dash_clientside.page.reset_controls = function (clicks, controls, page) {
  Object.values(controls).forEach((control) => {
    control.currentValue = control.originalValue;
  });
  window.dash_clientside.set_props("vizro_controls_store", { data: controls });
  return resetPage(clicks, controls, page);
};

// Vizro draws each chart again in its theme. The server's charts have the light theme already.
const drawTheme = window.dash_clientside.dashboard.update_graph_theme;
window.dash_clientside.dashboard.update_graph_theme = function (figure, isLight, themes) {
  const theme = isLight ? themes.vizro_light : themes.vizro_dark;
  const template = figure && figure.layout && figure.layout.template;
  return template && template.layout.paper_bgcolor === theme.layout.paper_bgcolor
    ? [window.dash_clientside.no_update, {}]
    : drawTheme(figure, isLight, themes);
};

// One theme for all grids. A theme of its own for each would add rules, and the browser would
// then compute the style of the whole page again.
const makeTheme = window.dashAgGridFunctions.vizroTheme;
let sharedTheme;
window.dashAgGridFunctions.vizroTheme = function (theme, agGrid) {
  sharedTheme = sharedTheme || makeTheme(theme, agGrid);
  return sharedTheme;
};

// Between two charts the browser shows the first, so that none waits for those below it.
const nextFrame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
let plotly;
let drawn = Promise.resolve();
Object.defineProperty(window, "Plotly", {
  get: () => plotly,
  set: function (library) {
    const draw = library.react;
    plotly = library;
    plotly.react = function (...chart) {
      const result = drawn.then(() => draw(...chart));
      drawn = result.catch(() => {}).then(nextFrame);
      return result;
    };
  },
});
