-- One row per temperature reading that is impossible for its handle.
--
-- Averages hide a step between two readings, so this model reads single
-- readings, but only in windows that can contain a step.
{{ config(
    materialized='incremental',
    pre_hook="{{ delete_old_rows('stg_days', 'day_version') }}"
) }}
{%- set days = days_to_build() %}

with

series as (

    select * from {{ ref('int_series') }}
    where quantity = 'temperature' and is_in_catalog

),

suspicious_windows as (

    select * from {{ ref('int_window_changes') }}
    where is_suspicious and {{ is_day_to_build(days, 'window_start') }}

),

needed_windows as (

    select
        series_key,
        window_start,
        true as is_suspicious
    from suspicious_windows
    union all
    select
        series_key,
        previous_window_start as window_start,
        false as is_suspicious
    from suspicious_windows
    where previous_window_start is not null

),

distinct_windows as (

    select
        series_key,
        window_start,
        bool_or(is_suspicious) as is_suspicious
    from needed_windows
    group by all

),

needed_readings as (

    select
        readings.*,
        distinct_windows.is_suspicious
    from {{ ref('int_readings') }} as readings
    inner join distinct_windows
        on
            readings.series_key = distinct_windows.series_key
            and {{ window_start('readings.observed_at') }}
            = distinct_windows.window_start
    where {{ is_day_to_build(days, 'readings.observed_at', days_before=1) }}

),

steps as (

    select
        *,
        round(value - lag(value) over series_in_time, 9) as step_c,
        greatest(
            {{ epoch_ms('observed_at') }}
            - {{ epoch_ms('lag(observed_at) over series_in_time') }},
            1000
        ) / 1000 as step_seconds
    from needed_readings
    window series_in_time as (
        partition by series_key
        order by observed_at, value
    )

),

judged_readings as (

    select
        steps.series_key,
        steps.value as temp_c,
        -- A neighbouring window's first reading has no valid step: the reading
        -- before it was not loaded.
        case
            when steps.is_suspicious then steps.step_c
        end as step_c,
        case
            when steps.is_suspicious then steps.step_seconds
        end as step_seconds,
        coalesce(
            steps.value < series.min_plausible
            or steps.value > series.max_plausible,
            false
        ) as is_out_of_limits,
        coalesce(
            steps.is_suspicious
            and abs(steps.step_c)
            > round(
                series.max_rate_c_per_second * steps.step_seconds, 9
            ),
            false
        ) as is_impossible_step,
        steps.observed_at
    from steps
    inner join series on steps.series_key = series.series_key

)

select
    readings.*,
    days.day_version
from judged_readings as readings
left join {{ ref('stg_days') }} as days on readings.observed_at::date = days.day
where
    (readings.is_out_of_limits or readings.is_impossible_step)
    and {{ is_day_to_build(days, 'readings.observed_at') }}
