select
    shown_time(started_at) as "Started, UTC",
    alert_name as "Alert",
    alert_count as "Alerts",
    if(is_trusted, 'trusted', 'suspect') as "Sensors",
    start_power_kw as "Power then, kW",
    start_negative_pole_temp_c as "Negative pole, °C",
    start_positive_pole_temp_c as "Positive pole, °C",
    peak_temp_c as "Highest within 10 min, °C",
    if(was_overheated, 'yes', 'no') as "Overheated",
    moment_key(started_at, ended_at) as "_zoom"
from marts.alert_incidents
semi join one_component($component)
    using (site_id, asset_id, component_id)
where is_chosen_day($dates, started_at)
order by alert_incidents.started_at desc;
