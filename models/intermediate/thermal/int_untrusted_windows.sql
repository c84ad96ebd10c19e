-- One row per temperature series and 30 s window whose readings do not show the
-- temperature of the handle: near an implausible reading, or frozen.
with

implausible_readings as (

    select distinct
        series_key,
        observed_at
    from {{ ref('int_implausible_readings') }}

),

-- Enough whole windows to cover the suspect time on both sides.
offsets as (

    {% set reach = (
        1 + (var('sensor_suspect_seconds') | float) / window_length()
    ) | round(0, 'ceil') | int * window_length() -%}
    select
        {{ number_series(-reach, reach, var('window_seconds')) }}
            as offset_seconds

),

near_windows as (

    select
        readings.series_key,
        readings.observed_at,
        {{ window_start('readings.observed_at') }}
        + offsets.offset_seconds * interval '1' second as window_start
    from implausible_readings as readings
    cross join offsets

),

suspect_windows as (

    select
        series_key,
        window_start,
        true as is_sensor_suspect,
        false as is_frozen
    from near_windows
    where
        observed_at >= window_start - {{ sensor_suspect_interval() }}
        and observed_at - {{ sensor_suspect_interval() }}
        <= window_start + {{ window_interval() }}

),

frozen_windows as (

    select
        windows.series_key,
        windows.window_start,
        false as is_sensor_suspect,
        true as is_frozen
    from {{ ref('int_frozen_runs') }} as runs
    inner join {{ ref('int_signal_windows') }} as windows
        on
            runs.series_key = windows.series_key
            and runs.started_at <= windows.window_start
            and runs.ended_at > windows.window_start

),

all_windows as (

    select * from suspect_windows
    union all
    select * from frozen_windows

),

untrusted_windows as (

    select
        series_key,
        bool_or(is_sensor_suspect) as is_sensor_suspect,
        bool_or(is_frozen) as is_frozen,
        window_start
    from all_windows
    group by series_key, window_start

)

select * from untrusted_windows
