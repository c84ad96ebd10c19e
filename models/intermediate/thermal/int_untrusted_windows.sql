-- One row per temperature series and 30 s window whose readings say nothing of
-- the handle: near an implausible reading, or frozen.
with

implausible_windows as (

    select distinct
        series_key,
        {{ window_start('observed_at') }} as window_start
    from {{ ref('int_implausible_readings') }}

),

-- Whole windows, so many that they cover the suspect time.
offsets as (

    {% set reach = (
        var('sensor_suspect_seconds') / var('window_seconds')
    ) | round(0, 'ceil') | int * var('window_seconds') -%}
    select
        {{ number_series(-reach, reach, var('window_seconds')) }}
            as offset_seconds

),

suspect_windows as (

    select
        windows.series_key,
        windows.window_start
        + offsets.offset_seconds * interval '1' second as window_start
    from implausible_windows as windows
    cross join offsets

),

frozen_windows as (

    select
        windows.series_key,
        windows.window_start
    from {{ ref('int_frozen_runs') }} as runs
    inner join {{ ref('int_signal_windows') }} as windows
        on
            runs.series_key = windows.series_key
            and runs.started_at <= windows.window_start
            and runs.ended_at > windows.window_start

),

untrusted_windows as (

    select * from suspect_windows
    union
    select * from frozen_windows

)

select * from untrusted_windows
