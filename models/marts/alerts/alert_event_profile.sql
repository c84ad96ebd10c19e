-- One row per alert name, scope, signal and 30 s step from ten minutes before
-- to ten minutes after the alert.
{%- set reach = 600 // window_length() * window_length() %}
with

offsets as (

    select
        {{ number_series(-reach, reach, var('window_seconds')) }}
            as offset_seconds

),

trusted_alerts as (

    select distinct alert_id
    from {{ ref('alert_readings') }}
    where is_trusted

),

scoped_alerts as (

    select
        'all' as alert_scope,
        *
    from {{ ref('int_alerts') }}
    union all
    select
        'trusted' as alert_scope,
        alerts.*
    from {{ ref('int_alerts') }} as alerts
    semi join trusted_alerts on alerts.alert_id = trusted_alerts.alert_id

),

-- An alert counts for its own name and, if temperature-related, for the total.
grouped_alerts as (

    select
        alert_id,
        alert_name,
        alert_scope
    from scoped_alerts
    union all
    select
        alert_id,
        null as alert_name,
        alert_scope
    from scoped_alerts
    where is_temperature_related

),

spine as (

    select distinct
        alerts.alert_name,
        alerts.alert_scope,
        signals.signal_name,
        signals.quantity,
        signals.sensor_position,
        offsets.offset_seconds
    from grouped_alerts as alerts
    cross join {{ ref('int_signals') }} as signals
    cross join offsets

),

alert_series as (

    select
        alerts.alert_id,
        alerts.fired_at,
        series.signal_name,
        series.series_key
    from {{ ref('int_alerts') }} as alerts
    inner join {{ ref('int_series') }} as series
        on alerts.component_key = series.component_key

),

-- A filter by series lets the engine skip most windows while it reads.
series_windows as (

    select
        series_key,
        window_start,
        avg_value
    from {{ ref('int_signal_windows') }}
    where series_key in (select alert_series.series_key from alert_series)

),

alert_steps as (

    select
        alert_series.alert_id,
        alert_series.signal_name,
        alert_series.series_key,
        offsets.offset_seconds,
        {{ window_start(
            "alert_series.fired_at"
            ~ " + offsets.offset_seconds * interval '1' second"
        ) }} as window_start
    from alert_series
    cross join offsets

),

alert_values as (

    select
        alert_steps.alert_id,
        alert_steps.signal_name,
        alert_steps.offset_seconds,
        windows.avg_value
    from alert_steps
    inner join series_windows as windows
        on
            alert_steps.series_key = windows.series_key
            and alert_steps.window_start = windows.window_start

),

profiles as (

    select
        alerts.alert_name,
        alerts.alert_scope,
        alert_values.signal_name,
        alert_values.offset_seconds,
        {{ mean('alert_values.avg_value') }} as avg_value,
        percentile_cont(0.1) within group (order by alert_values.avg_value)
            as p10_value,
        percentile_cont(0.9) within group (order by alert_values.avg_value)
            as p90_value,
        count(*) as alert_count
    from alert_values
    inner join grouped_alerts as alerts
        on alert_values.alert_id = alerts.alert_id
    group by all

),

alert_event_profile as (

    select
        spine.alert_name,
        spine.alert_scope,
        spine.signal_name,
        spine.quantity,
        spine.sensor_position,
        spine.offset_seconds,
        profiles.avg_value,
        profiles.p10_value,
        profiles.p90_value,
        coalesce(profiles.alert_count, 0) as alert_count,
        spine.alert_name is null as is_total
    from spine
    left join profiles
        on
            spine.alert_name is not distinct from profiles.alert_name
            and spine.alert_scope = profiles.alert_scope
            and spine.signal_name = profiles.signal_name
            and spine.offset_seconds = profiles.offset_seconds

)

select * from alert_event_profile
