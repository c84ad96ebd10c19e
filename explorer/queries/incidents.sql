select
    shown_time(started_at) as "Started, UTC",
    alert_name as "Alert",
    shown_id(component_id) as "Handle",
    component_link(site_id, asset_id, component_id) as "_Handle",
    shown_id(site_id) as "Site",
    alert_count as "Alerts",
    date_diff('second', started_at, ended_at) as "First to last alert, s",
    if(is_trusted, 'trusted', 'suspect') as "Sensors",
    if(is_chattering, 'yes', 'no') as "Chattering",
    start_power_kw as "Power then, kW",
    peak_temp_c as "Highest within 10 min, °C",
    if(was_hot, 'yes', 'no') as "At or above 90 °C",
    if(was_overheated, 'yes', 'no') as "Overheated"
from marts.alert_incidents
semi join chosen_components($site, $asset, $component, $cause)
    using (site_id, asset_id, component_id)
where is_chosen_day($dates, started_at)
order by alert_incidents.started_at desc;
