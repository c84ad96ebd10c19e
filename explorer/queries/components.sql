select
    shown_id(daily.component_id) as "Handle",
    component_link(daily.site_id, daily.asset_id, daily.component_id)
        as "_Handle",
    shown_id(daily.site_id) as "Site",
    shown_id(daily.asset_id) as "Asset",
    max(daily.peak_trusted_avg_temp_c) as "Highest 30 s mean, °C",
    100
    * sum(daily.hot_window_count)
    / nullif(sum(daily.trusted_window_count), 0)
        as "At or above 90 °C, %",
    sum(daily.overheated_seconds) as "Overheated, s",
    sum(daily.avg_power_kw * daily.power_reading_count)
    / nullif(sum(daily.power_reading_count), 0) as "Mean power, kW",
    max(daily.max_power_kw) as "Maximum power, kW",
    sum(daily.derated_seconds) as "Derated, s",
    sum(daily.incident_count) as "Alert incidents",
    any_value(watchlist.concern_rank) as "Watchlist rank",
    any_value(shown_cause(
        watchlist.likely_cause, watchlist.confidence
    )) as "Likely cause"
from marts.component_daily as daily
inner join chosen_components($site, $asset, $component, $cause) as watchlist
    using (site_id, asset_id, component_id)
where is_chosen_day($dates, daily.day)
group by daily.site_id, daily.asset_id, daily.component_id
order by "Highest 30 s mean, °C" desc nulls last, daily.component_id asc;
