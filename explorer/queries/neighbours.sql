-- The handles of the same site, in the chosen days.
select
    shown_id(component_id) || if(
        is_chosen($component, component_key(site_id, asset_id, component_id)),
        ' (this one)',
        ''
    ) as "Handle",
    component_link(site_id, asset_id, component_id) as "_Handle",
    shown_id(asset_id) as "Asset",
    totals.peak_temp_c as "Highest 30 s mean, °C",
    totals.hot_percent as "At or above 90 °C, %",
    totals.overheated_seconds as "Overheated, s",
    totals.max_power_kw as "Maximum power, kW",
    totals.incident_count as "Alert incidents",
    watchlist.concern_rank as "Watchlist rank",
    shown_cause(watchlist.likely_cause, watchlist.confidence) as "Likely cause"
from component_totals($dates) as totals
inner join marts.component_watchlist as watchlist
    using (site_id, asset_id, component_id)
where site_id in (select site_id from one_component($component))
order by totals.peak_temp_c desc nulls last, component_id asc;
