-- One row per judged day and temperature series with readings that its handle
-- cannot have had, or a value that froze, in the days that are judged.
with

{{ watched_days(none) }},

watched_sensor_days as (

    select
        watched_days.judged_on,
        sensor_days.*
    from watched_days
    inner join {{ ref('int_sensor_days') }} as sensor_days
        on watched_days.day = sensor_days.day

),

troubles as (

    select
        judged_on,
        series_key,
        {{ sensor_trouble_columns() }}
    from watched_sensor_days
    group by judged_on, series_key

)

select
    troubles.judged_on,
    series.component_key,
    series.signal_name,
    troubles.implausible_reading_count,
    troubles.impossible_step_count,
    troubles.glitch_count,
    troubles.lowest_implausible_temp_c,
    troubles.highest_implausible_temp_c,
    troubles.largest_step_c,
    troubles.frozen_seconds
from troubles
inner join {{ ref('int_series') }} as series
    on troubles.series_key = series.series_key
