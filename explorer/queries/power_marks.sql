-- One row per handle, over all days.
select
    shown_id(daily.component_id) as "Handle",
    component_link(daily.site_id, daily.asset_id, daily.component_id)
        as "_Handle",
    shown_id(daily.site_id) as "Site",
    shown_cause(
        any_value(watchlist.likely_cause), any_value(watchlist.confidence)
    ) as "Likely cause",
    sum(daily.avg_power_kw * daily.power_reading_count)
    / nullif(sum(daily.power_reading_count), 0) as "Mean power, kW",
    max(daily.peak_trusted_avg_temp_c) as "Highest 30 s mean, °C",
    100
    * sum(daily.hot_window_count)
    / nullif(sum(daily.trusted_window_count), 0)
        as "At or above 90 °C, %",
    sum(daily.derated_seconds) as "Derated, s",
    sum(daily.lost_energy_kwh) as "Lost by derating, kWh",
    (select overheat_threshold_c from marts.build_info) as "_threshold_c",
    component_key(daily.site_id, daily.asset_id, daily.component_id)
        as "_component"
from marts.component_daily as daily
inner join chosen_components($site, $asset, $component, $cause) as watchlist
    using (site_id, asset_id, component_id)
group by daily.site_id, daily.asset_id, daily.component_id
order by "Highest 30 s mean, °C" desc nulls last, daily.component_id asc;
