-- The handles that raise the alerts, for the chosen filters.
select
    shown_id(component_id) as "Handle",
    component_link(site_id, asset_id, component_id) as "_Handle",
    shown_id(site_id) as "Site",
    sum(alert_count) as "Alerts",
    100
    * sum(alert_count)
    / sum(sum(alert_count)) over () as "Share of alerts, %",
    count(*) as "Incidents",
    count(*) filter (is_trusted) as "Trusted incidents",
    count(*) filter (was_hot) as "At or above 90 °C",
    count(*) filter (was_overheated) as "Overheated",
    shown_time(min(started_at)) as "First, UTC",
    shown_time(max(started_at)) as "Last, UTC"
from marts.alert_incidents
semi join chosen_components($site, $asset, $component, $cause)
    using (site_id, asset_id, component_id)
where is_chosen_day($dates, started_at)
group by site_id, asset_id, component_id
order by "Alerts" desc, component_id asc;
