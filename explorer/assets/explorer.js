// Links in grids, and the evidence of the selected row.
window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {};

// The text is a child of React, so that no name of the data becomes markup.
window.dashAgGridComponentFunctions.PageLink = function (props) {
  const href = props.data["_" + props.colDef.field];
  return React.createElement("a", { href, className: "grid-link" }, props.value);
};

window.dash_clientside = Object.assign({}, window.dash_clientside, {
  explorer: {
    evidence: function (rows) {
      if (!rows || rows.length === 0) {
        return window.dash_clientside.no_update;
      }
      return rows[0]._evidence;
    },
  },
});
