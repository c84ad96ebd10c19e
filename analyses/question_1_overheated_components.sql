-- Question 1: which components have an average temperature above
-- {{ var('overheat_threshold_c') }} °C (or the signal's own limit in
-- signal_catalog) in any period of {{ var('window_seconds') }} s, over all
-- temperature signals? Hottest first. Where suspect is true, check the sensor
-- before the handle; the other rows exclude readings of a suspect sensor.
-- peak_c and minutes are of sliding periods, which can start at any time;
-- tumbling counts the overheated windows from :00 and :30.
select
    site_id,
    asset_id,
    component_id,
    signal_name,
    round(coalesce(peak_trusted_avg_temp_c, peak_avg_temp_c), 2) as peak_c,
    round(
        if(is_sensor_suspect, overheated_seconds, trusted_overheated_seconds)
        / 60,
        2
    ) as minutes,
    tumbling_window_count as tumbling,
    is_sensor_suspect as suspect
from {{ ref('overheated_components') }}
order by is_sensor_suspect asc, peak_c desc, component_id asc
