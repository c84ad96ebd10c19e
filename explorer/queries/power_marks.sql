-- One row per handle, over all days.
select
    shown_id(component_id) as "Handle",
    component_link(site_id, asset_id, component_id) as "_Handle",
    shown_id(site_id) as "Site",
    shown_cause(watchlist.likely_cause, watchlist.confidence) as "Likely cause",
    totals.avg_power_kw as "Mean power, kW",
    totals.peak_temp_c as "Highest 30 s mean, °C",
    totals.hot_percent as "At or above 90 °C, %",
    totals.derated_seconds as "Derated, s",
    totals.lost_energy_kwh as "Lost by derating, kWh",
    (select overheat_threshold_c from marts.build_info) as "_threshold_c",
    component_key(site_id, asset_id, component_id) as "_component"
from component_totals([]) as totals
inner join chosen_components($site, $asset, $component, $cause) as watchlist
    using (site_id, asset_id, component_id)
order by totals.peak_temp_c desc nulls last, component_id asc;
