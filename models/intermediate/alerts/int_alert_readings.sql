-- One row per alert and signal: the readings on either side of the alert.
--
-- Reads single readings, because the age of a reading is part of the answer.
-- int_series_days names the days of the neighbouring readings, so the right
-- side of each ASOF join has the readings of a few days only. It has one
-- reading per series and time: no alert can match twice.
{#- dbt parses this model first, before any model that uses a variable. #}
{% set problem = wrong_variable() -%}
{{ exceptions.raise_compiler_error(problem) if problem }}
with

alert_signals as (

    select
        alerts.alert_id,
        signals.signal_name,
        signals.quantity,
        signals.sensor_position,
        series.series_key,
        alerts.fired_at
    from {{ ref('stg_alerts') }} as alerts
    cross join {{ ref('int_signals') }} as signals
    left join {{ ref('int_series') }} as series
        on
            alerts.component_key = series.component_key
            and signals.signal_name = series.signal_name

),

series_days as (

    select * from {{ ref('int_series_days') }}

),

previous_days as (

    {{ asof_join(
        'alert_signals', 'series_days', 'series_key',
        'fired_at', '>=', 'first_reading_at', {'day': 'day'}, kind='inner'
    ) }}

),

next_days as (

    {{ asof_join(
        'alert_signals', 'series_days', 'series_key',
        'fired_at', '<=', 'last_reading_at', {'day': 'day'}, kind='inner'
    ) }}

),

-- The days of the reading before and the reading after the alert, and the day
-- on which the 30 s up to the alert begin.
needed_days as (

    select
        series_key,
        day
    from previous_days
    union
    select
        series_key,
        day
    from next_days
    union
    select
        series_key,
        (fired_at - {{ window_interval() }})::date as day
    from alert_signals

),

-- A filter by series alone lets the engine skip most readings while it reads.
series_readings as (

    select
        series_key,
        value,
        observed_at
    from {{ ref('int_readings') }}
    where series_key in (select needed_days.series_key from needed_days)

),

-- Readings of one series at the same millisecond become one: their mean.
readings as (

    select
        readings.series_key,
        {{ mean('readings.value') }} as value,
        count(*) as reading_count,
        readings.observed_at
    from series_readings as readings
    inner join needed_days
        on
            readings.series_key = needed_days.series_key
            and readings.observed_at::date = needed_days.day
    group by all

),

-- A reading at the same millisecond as the alert counts as known.
previous_readings as (

    {{ asof_join(
        'alert_signals', 'readings', 'series_key',
        'fired_at', '>=', 'observed_at',
        {'value': 'last_known_value', 'observed_at': 'last_known_at'}
    ) }}

),

surrounding_readings as (

    {{ asof_join(
        'previous_readings', 'readings', 'series_key',
        'fired_at', '<=', 'observed_at',
        {'value': 'next_value', 'observed_at': 'next_at'}
    ) }}

),

implausible_times as (

    select distinct
        series_key,
        observed_at
    from {{ ref('int_implausible_readings') }}

),

after_implausible_readings as (

    {{ asof_join(
        'surrounding_readings', 'implausible_times', 'series_key',
        'last_known_at', '>=', 'observed_at',
        {'observed_at': 'previous_implausible_at'}
    ) }}

),

judged_readings as (

    {{ asof_join(
        'after_implausible_readings', 'implausible_times', 'series_key',
        'last_known_at', '<=', 'observed_at',
        {'observed_at': 'next_implausible_at'}
    ) }}

),

-- The 30 s up to an alert touch two windows. Joining by window first, and by
-- time second, keeps the work in proportion to the alerts.
touched_windows as (

    select
        *,
        {{ window_start('fired_at') }} as window_start
    from alert_signals
    union all
    select
        *,
        {{ window_start('fired_at') }} - {{ window_interval() }}
            as window_start
    from alert_signals

),

window_averages as (

    select
        touched_windows.alert_id,
        touched_windows.signal_name,
        {{ weighted_mean('readings.value', 'readings.reading_count') }}
            as window_avg_value
    from touched_windows
    inner join readings
        on
            touched_windows.series_key = readings.series_key
            and touched_windows.window_start
            = {{ window_start('readings.observed_at') }}
            and touched_windows.fired_at >= readings.observed_at
            and touched_windows.fired_at - {{ window_interval() }}
            < readings.observed_at
    group by all

),

alert_readings as (

    select
        readings.alert_id,
        readings.signal_name,
        readings.quantity,
        readings.sensor_position,
        readings.last_known_value,
        readings.next_value,
        window_averages.window_avg_value,
        coalesce(
            readings.previous_implausible_at
            >= readings.last_known_at - {{ sensor_suspect_interval() }}
            or readings.next_implausible_at
            <= readings.last_known_at + {{ sensor_suspect_interval() }},
            false
        ) as is_sensor_suspect,
        readings.last_known_at,
        readings.next_at
    from judged_readings as readings
    left join window_averages
        on
            readings.alert_id = window_averages.alert_id
            and readings.signal_name = window_averages.signal_name

)

select * from alert_readings
