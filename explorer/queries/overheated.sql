-- Questions 1 and 2, over all days.
with sliding as (
    select
        site_id,
        asset_id,
        component_id,
        signal_name,
        max(max_power_kw) as max_power_kw
    from marts.overheated_windows
    where window_method = 'sliding'
    group by all
)

select
    shown_id(overheated.component_id) as "Handle",
    component_link(
        overheated.site_id, overheated.asset_id, overheated.component_id
    ) as "_Handle",
    shown_id(overheated.site_id) as "Site",
    overheated.signal_name as "Signal",
    if(overheated.is_sensor_suspect, 'suspect', 'trusted') as "Sensor",
    if(
        overheated.is_sensor_suspect,
        overheated.peak_avg_temp_c,
        overheated.peak_trusted_avg_temp_c
    ) as "Highest 30 s mean, °C",
    if(
        overheated.is_sensor_suspect,
        overheated.overheated_seconds,
        overheated.trusted_overheated_seconds
    ) as "Overheated, s",
    sliding.max_power_kw as "Maximum power then, kW",
    overheated.tumbling_window_count as "Fixed 30 s windows",
    shown_time(overheated.first_overheated_at) as "First, UTC",
    shown_time(overheated.last_overheated_at) as "Last, UTC"
from marts.overheated_components as overheated
left join sliding using (site_id, asset_id, component_id, signal_name)
order by overheated.is_sensor_suspect asc, "Overheated, s" desc;
