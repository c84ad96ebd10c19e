-- Question 1: which components have an average temperature above
-- {{ var('overheat_threshold_c') }} °C (or what signal_catalog sets for the
-- signal) in any period of {{ var('window_seconds') }} s, over all temperature
-- signals? Hottest first; a suspect sensor is to be checked before the handle.
-- Counts are of tumbling and rolling periods.
select
    site_id,
    asset_id,
    component_id,
    signal_name,
    round(peak_avg_temp_c, 2) as peak_temp_c,
    tumbling_window_count as tumbling,
    rolling_window_count as rolling,
    is_sensor_suspect as suspect
from {{ ref('overheated_components') }}
order by is_sensor_suspect asc, peak_avg_temp_c desc, component_id asc
