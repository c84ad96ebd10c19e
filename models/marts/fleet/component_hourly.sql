-- One row per component and UTC hour in which it was in use or raised an
-- alert.
with

overheated_hours as (

    select
        site_id,
        asset_id,
        component_id,
        {{ hour_start('window_start') }} as hour_start,
        count(*) as overheated_window_count,
        count(*) filter (where is_sensor_suspect)
            as suspect_overheated_window_count
    from {{ ref('overheated_windows') }}
    where window_method = 'tumbling'
    group by all

),

alert_hours as (

    select
        component_key,
        {{ hour_start('fired_at') }} as hour_start,
        count(*) as alert_count,
        count(*) filter (where is_temperature_related)
            as temperature_alert_count
    from {{ ref('int_alerts') }}
    group by all

),

component_hours as (

    select
        components.site_id,
        components.asset_id,
        components.component_id,
        used_hours.peak_avg_temp_c,
        used_hours.peak_trusted_avg_temp_c,
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
    from {{ ref('int_component_hours') }} as used_hours
    full join alert_hours using (component_key, hour_start)
    inner join {{ ref('int_components') }} as components using (component_key)
    left join overheated_hours
        using (site_id, asset_id, component_id, hour_start)

)

select * from component_hours
