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

alerts as (

    select
        alert_name,
        alert_scope,
        component_key,
        fired_at
    from scoped_alerts
    union all
    select
        null as alert_name,
        alert_scope,
        component_key,
        fired_at
    from scoped_alerts
    where is_temperature_related

),

alert_steps as (

    select
        alerts.alert_name,
        alerts.alert_scope,
        series.signal_name,
        series.series_key,
        offsets.offset_seconds,
        {{ window_start(
            "alerts.fired_at + offsets.offset_seconds * interval '1' second"
        ) }} as window_start
    from alerts
    inner join {{ ref('int_series') }} as series
        on alerts.component_key = series.component_key
    cross join offsets

),

spine as (

    select distinct
        alerts.alert_name,
        alerts.alert_scope,
        signals.signal_name,
        signals.quantity,
        signals.sensor_position,
        offsets.offset_seconds
    from alerts
    cross join {{ ref('int_signals') }} as signals
    cross join offsets

),

profiles as (

    select
        alert_steps.alert_name,
        alert_steps.alert_scope,
        alert_steps.signal_name,
        alert_steps.offset_seconds,
        {{ mean('windows.avg_value') }} as avg_value,
        percentile_cont(0.1) within group (order by windows.avg_value)
            as p10_value,
        percentile_cont(0.9) within group (order by windows.avg_value)
            as p90_value,
        count(*) as alert_count
    from alert_steps
    inner join {{ ref('int_signal_windows') }} as windows
        on
            alert_steps.series_key = windows.series_key
            and alert_steps.window_start = windows.window_start
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
