-- One row per temperature series and 30 s window that may contain an
-- implausible reading, or has the same value as the window before it.
--
-- One pass over each window and its predecessor answers both questions: only
-- these few windows can contain a step, or belong to a frozen run. The
-- predecessor is searched on the same day and the day before.
{{ config(
    materialized='incremental',
    pre_hook="{{ delete_old_rows('stg_days', 'day_version') }}"
) }}
{%- set days = days_to_build() %}

with

windows as (

    select
        windows.series_key,
        windows.min_value,
        windows.max_value,
        windows.window_start,
        lag(windows.min_value) over series_in_time as previous_min_value,
        lag(windows.max_value) over series_in_time as previous_max_value,
        lag(windows.window_start) over series_in_time as previous_window_start
    from {{ ref('int_signal_windows') }} as windows
    inner join {{ ref('int_series') }} as series
        on windows.series_key = series.series_key
    where
        series.quantity = 'temperature'
        and {{ is_day_to_build(days, 'windows.window_start', days_before=1) }}
    window series_in_time as (
        partition by windows.series_key
        order by windows.window_start
    )

),

-- The rate of a step is taken over at least a second, so a step that is too
-- fast changes the value by more than one second's rate.
judged_windows as (

    select
        windows.*,
        coalesce(
            windows.min_value < series.min_plausible
            or windows.max_value > series.max_plausible
            or greatest(windows.max_value, windows.previous_max_value)
            - least(windows.min_value, windows.previous_min_value)
            > series.max_rate_c_per_second,
            false
        ) as is_suspicious,
        coalesce(
            windows.min_value = windows.max_value
            and windows.min_value = windows.previous_min_value
            and windows.max_value = windows.previous_max_value,
            false
        ) as is_unchanged
    from windows
    inner join {{ ref('int_series') }} as series
        on windows.series_key = series.series_key

)

select
    windows.series_key,
    windows.min_value,
    windows.is_suspicious,
    windows.is_unchanged,
    windows.window_start,
    windows.previous_window_start,
    days.day_version
from judged_windows as windows
left join {{ ref('stg_days') }} as days on windows.window_start::date = days.day
where
    (windows.is_suspicious or windows.is_unchanged)
    and {{ is_day_to_build(days, 'windows.window_start') }}
