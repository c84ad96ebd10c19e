-- One row per judged day and temperature series with readings that are
-- impossible for its handle, or a frozen value, in the days that are judged.
with

watched_days as (

    select *
    from {{ ref('int_watched_days') }}
    where is_recent and is_after_repair

),

watched_sensor_days as (

    select
        watched_days.judged_on,
        series.component_key,
        series.signal_name,
        sensor_days.*
    from {{ ref('int_sensor_days') }} as sensor_days
    inner join {{ ref('int_series') }} as series
        on sensor_days.series_key = series.series_key
    inner join watched_days
        on
            series.component_key = watched_days.component_key
            and sensor_days.day = watched_days.day

)

select
    judged_on,
    component_key,
    signal_name,
    {{ sensor_trouble_columns() }}
from watched_sensor_days
group by judged_on, component_key, signal_name
