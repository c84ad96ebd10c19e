-- Question 1: which components have an average temperature above
-- {{ var('overheat_threshold_c') }} °C (or what signal_catalog sets for the
-- signal) in any period of {{ var('window_seconds') }} s, over all temperature
-- signals? Hottest first. Where suspect is true, check the sensor before the
-- handle; other rows leave out what a suspect sensor reported. peak_c and
-- minutes are of sliding periods, which begin anywhere; tumbling counts the
-- windows from :00 and :30 that are overheated.
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
