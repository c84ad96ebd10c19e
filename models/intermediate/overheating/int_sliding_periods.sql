-- One row per temperature series and step of the sliding 30 s period: all
-- periods (s, s + 30 s] with the same readings, at least one of them above the
-- threshold.
--
-- The readings of a period change only where a reading at t enters
-- (s = t − 30 s) or leaves (s = t). A step lies between two such changes.
--
-- A mean above the threshold needs a reading above the threshold. If that
-- reading lies in a hot tumbling window (maximum above the threshold), the
-- period lies in this window and its two neighbours. So these windows contain
-- every such period with all its readings.
{{ config(
    materialized='incremental',
    pre_hook="{{ delete_old_rows('stg_days', 'day_version') }}"
) }}
{%- set days = days_to_build() %}

with

hot_windows as (

    select
        windows.series_key,
        windows.window_start
    from {{ ref('int_signal_windows') }} as windows
    inner join {{ ref('int_series') }} as series
        on windows.series_key = series.series_key
    where
        series.quantity = 'temperature'
        and windows.max_value > {{ overheat_threshold('series') }}
        -- With a constant, DuckDB can estimate how few rows are left: 0.1 s
        -- instead of 0.5 s on the real week.
        and windows.max_value > (
            select min({{ overheat_threshold('signals') }})
            from {{ ref('int_signals') }} as signals
            where signals.quantity = 'temperature'
        )
        and {{ is_day_to_build(
            days, 'windows.window_start', days_before=sliding_days_before()
        ) }}

),

needed_windows as (

    {% for offset in [-1, 0, 1] -%}
        select
            series_key,
            window_start + {{ offset }} * {{ window_interval() }}
                as window_start
        from hot_windows
        {{ 'union' if not loop.last }}
    {% endfor %}

),

needed_readings as (

    select
        readings.series_key,
        readings.value,
        readings.observed_at
    from {{ ref('int_readings') }} as readings
    inner join needed_windows
        on
            readings.series_key = needed_windows.series_key
            and {{ window_start('readings.observed_at') }}
            = needed_windows.window_start
    where {{ is_day_to_build(
        days, 'readings.observed_at', days_before=sliding_days_before()
    ) }}

),

-- Changes by period_end: a reading enters at its own time and leaves 30 s
-- later. A row without a value marks where it leaves.
changes as (

    select
        series_key,
        value,
        observed_at as period_end
    from needed_readings
    union all
    select
        series_key,
        null as value,
        observed_at + {{ window_interval() }} as period_end
    from needed_readings

),

-- Timestamps have microsecond precision, so a frame one microsecond shorter
-- excludes its lower edge.
periods as (

    select distinct
        series_key,
        {{ mean('value', over='over sliding_period') }} as avg_value,
        max(value) over sliding_period as max_value,
        count(value) over sliding_period as reading_count,
        period_end - {{ window_interval() }} as window_start
    from changes
    window sliding_period as (
        partition by series_key
        order by period_end
        range between
        interval '{{ window_length() * 1000000 - 1 }}' microsecond
        preceding
        and current row
    )

),

steps as (

    select
        *,
        lead(window_start) over series_in_time as starts_before,
        lead(window_start) over series_in_time + {{ window_interval() }}
            as ends_before
    from periods
    window series_in_time as (
        partition by series_key
        order by window_start
    )

),

-- Steps without a reading above the threshold may lack readings, or end too
-- late.
hot_steps as (

    select
        steps.series_key,
        steps.avg_value,
        steps.reading_count,
        steps.window_start,
        steps.starts_before,
        steps.ends_before
    from steps
    inner join {{ ref('int_series') }} as series
        on steps.series_key = series.series_key
    where
        steps.max_value > {{ overheat_threshold('series') }}
        and {{ is_day_to_build(days, 'steps.ends_before') }}

)

select
    hot_steps.*,
    days.day_version
from hot_steps
left join {{ ref('stg_days') }} as days
    on hot_steps.ends_before::date = days.day
