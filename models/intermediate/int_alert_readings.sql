-- One row per alert and signal: the readings on either side of the alert.
--
-- Single readings, because the age of a reading is part of the answer. The
-- right side of each join is cut to the components that raised an alert, and
-- holds one row per series and time, so no alert can match twice.
with

alerts as (

    select * from {{ ref('stg_alerts') }}

),

alert_signals as (

    select
        alerts.alert_id,
        alerts.site_id,
        alerts.asset_id,
        alerts.component_id,
        signals.signal_name,
        alerts.fired_at
    from alerts
    cross join {{ ref('int_signals') }} as signals

),

alerted_components as (

    select distinct
        site_id,
        asset_id,
        component_id
    from alerts

),

-- Two readings of one series at the same millisecond are one, their mean.
readings as (

    select
        signals.site_id,
        signals.asset_id,
        signals.component_id,
        signals.signal_name,
        {{ mean('signals.value') }} as value,
        count(*) as reading_count,
        signals.observed_at
    from {{ ref('stg_signals') }} as signals
    semi join alerted_components using (site_id, asset_id, component_id)
    group by all

),

-- A reading at the very millisecond of the alert counts as known.
previous_readings as (

    select
        alert_signals.*,
        readings.value as last_known_value,
        readings.observed_at as last_known_at
    from alert_signals
    asof left join readings
        on
            alert_signals.site_id = readings.site_id
            and alert_signals.asset_id = readings.asset_id
            and alert_signals.component_id = readings.component_id
            and alert_signals.signal_name = readings.signal_name
            and alert_signals.fired_at >= readings.observed_at

),

surrounding_readings as (

    select
        previous_readings.*,
        readings.value as next_value,
        readings.observed_at as next_at
    from previous_readings
    asof left join readings
        on
            previous_readings.site_id = readings.site_id
            and previous_readings.asset_id = readings.asset_id
            and previous_readings.component_id = readings.component_id
            and previous_readings.signal_name = readings.signal_name
            and previous_readings.fired_at <= readings.observed_at

),

-- The 30 s up to an alert touch two tumbling windows: equal windows first,
-- then the time, keeps the join from growing with the history.
touched_windows as (

    select
        *,
        {{ window_start('fired_at') }} as touched_window_start
    from alert_signals
    union all
    select
        *,
        {{ window_start('fired_at') }} - {{ window_interval() }}
            as touched_window_start
    from alert_signals

),

window_averages as (

    select
        touched_windows.alert_id,
        touched_windows.signal_name,
        round(
            sum(readings.value * readings.reading_count)
            / sum(readings.reading_count),
            9
        ) as window_avg_value
    from touched_windows
    inner join readings
        on
            touched_windows.site_id = readings.site_id
            and touched_windows.asset_id = readings.asset_id
            and touched_windows.component_id = readings.component_id
            and touched_windows.signal_name = readings.signal_name
            and touched_windows.touched_window_start
            = {{ window_start('readings.observed_at') }}
            and touched_windows.fired_at >= readings.observed_at
            and touched_windows.fired_at - {{ window_interval() }}
            < readings.observed_at
    group by all

),

alert_readings as (

    select
        surrounding_readings.alert_id,
        surrounding_readings.signal_name,
        surrounding_readings.last_known_value,
        surrounding_readings.next_value,
        window_averages.window_avg_value,
        surrounding_readings.last_known_at,
        surrounding_readings.next_at
    from surrounding_readings
    left join window_averages
        on
            surrounding_readings.alert_id = window_averages.alert_id
            and surrounding_readings.signal_name
            = window_averages.signal_name

)

select * from alert_readings
