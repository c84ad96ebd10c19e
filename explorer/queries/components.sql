select
    shown_id(component_id) as "Handle",
    component_link(site_id, asset_id, component_id) as "_Handle",
    shown_id(site_id) as "Site",
    shown_id(asset_id) as "Asset",
    totals.peak_temp_c as "Highest 30 s mean, °C",
    totals.hot_percent as "At or above 90 °C, %",
    totals.overheated_seconds as "Overheated, s",
    totals.avg_power_kw as "Mean power, kW",
    totals.max_power_kw as "Maximum power, kW",
    totals.derated_seconds as "Derated, s",
    totals.incident_count as "Alert incidents",
    watchlist.concern_rank as "Watchlist rank",
    shown_cause(watchlist.likely_cause, watchlist.confidence) as "Likely cause"
from component_totals($dates) as totals
inner join chosen_components($site, $asset, $component, $cause) as watchlist
    using (site_id, asset_id, component_id)
order by totals.peak_temp_c desc nulls last, component_id asc;
