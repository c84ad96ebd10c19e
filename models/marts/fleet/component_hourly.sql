-- One row per component and UTC hour in which it was in use or raised an
-- alert.
with

windows as (

    select * from {{ ref('int_component_windows') }}

),

used_hours as (

    select
        site_id,
        asset_id,
        component_id,
        date_trunc('hour', window_start) as hour_start,
        count(*) as used_window_count,
        max(avg_temp_c) as peak_avg_temp_c,
        round(
            sum(avg_power_kw * power_reading_count) / sum(power_reading_count),
            9
        ) as avg_power_kw,
        max(max_power_kw) as max_power_kw
    from windows
    group by all

),

trusted_hours as (

    select
        windows.site_id,
        windows.asset_id,
        windows.component_id,
        date_trunc('hour', windows.window_start) as hour_start,
        max(windows.avg_value) as peak_trusted_avg_temp_c
    from {{ ref('int_signal_windows') }} as windows
    inner join {{ ref('int_signals') }} as signals
        on windows.signal_name = signals.signal_name
    anti join {{ ref('int_untrusted_windows') }} as untrusted_windows
        on
            windows.site_id = untrusted_windows.site_id
            and windows.asset_id = untrusted_windows.asset_id
            and windows.component_id = untrusted_windows.component_id
            and windows.signal_name = untrusted_windows.signal_name
            and windows.window_start = untrusted_windows.window_start
    where signals.quantity = 'temperature'
    group by all

),

overheated_hours as (

    select
        site_id,
        asset_id,
        component_id,
        date_trunc('hour', window_start) as hour_start,
        count(*) as overheated_window_count,
        count(*) filter (where is_sensor_suspect)
            as suspect_overheated_window_count
    from {{ ref('overheated_windows') }}
    where window_method = 'tumbling'
    group by all

),

alert_hours as (

    select
        site_id,
        asset_id,
        component_id,
        date_trunc('hour', fired_at) as hour_start,
        count(*) as alert_count,
        count(*) filter (where is_temperature_related)
            as temperature_alert_count
    from {{ ref('int_alerts') }}
    group by all

),

component_hours as (

    select
        site_id,
        asset_id,
        component_id,
        used_hours.peak_avg_temp_c,
        trusted_hours.peak_trusted_avg_temp_c,
        used_hours.avg_power_kw,
        used_hours.max_power_kw,
        coalesce(used_hours.used_window_count, 0) as used_window_count,
        coalesce(overheated_hours.overheated_window_count, 0)
            as overheated_window_count,
        coalesce(overheated_hours.suspect_overheated_window_count, 0)
            as suspect_overheated_window_count,
        coalesce(alert_hours.alert_count, 0) as alert_count,
        coalesce(alert_hours.temperature_alert_count, 0)
            as temperature_alert_count,
        hour_start
    from used_hours
    full join alert_hours
        using (site_id, asset_id, component_id, hour_start)
    left join trusted_hours
        using (site_id, asset_id, component_id, hour_start)
    left join overheated_hours
        using (site_id, asset_id, component_id, hour_start)

)

select * from component_hours
