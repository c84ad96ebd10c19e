-- One row per component and UTC hour in which it was in use or raised an alert,
-- or with a part of an overheated period.
with

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

incident_hours as (

    select
        site_id,
        asset_id,
        component_id,
        {{ hour_start('started_at') }} as hour_start,
        count(*) as incident_count,
        count(*) filter (where is_trusted) as trusted_incident_count
    from {{ ref('alert_incidents') }}
    group by all

),

component_hours as (

    select
        site_id,
        asset_id,
        component_id,
        -- Where the component overheated, the peak may come from a sliding
        -- period.
        greatest(used_hours.peak_avg_temp_c, overheated_hours.peak_avg_temp_c)
            as peak_avg_temp_c,
        greatest(
            used_hours.peak_trusted_avg_temp_c,
            overheated_hours.peak_trusted_avg_temp_c
        ) as peak_trusted_avg_temp_c,
        used_hours.avg_trusted_pole_temp_c,
        used_hours.avg_pole_imbalance_c,
        used_hours.max_pole_imbalance_c,
        used_hours.avg_power_kw,
        used_hours.max_power_kw,
        coalesce(overheated_hours.overheated_seconds, 0) as overheated_seconds,
        coalesce(overheated_hours.suspect_overheated_seconds, 0)
            as suspect_overheated_seconds,
        {% for count in [
            'used_window_count', 'pole_window_count', 'trusted_window_count',
            'hot_window_count',
        ] -%}
            coalesce(used_hours.{{ count }}, 0) as {{ count }},
        {% endfor -%}
        coalesce(alert_hours.alert_count, 0) as alert_count,
        coalesce(alert_hours.temperature_alert_count, 0)
            as temperature_alert_count,
        coalesce(incident_hours.incident_count, 0) as incident_count,
        coalesce(incident_hours.trusted_incident_count, 0)
            as trusted_incident_count,
        hour_start
    from {{ ref('int_component_hours') }} as used_hours
    full join {{ ref('int_overheated_hours') }} as overheated_hours
        using (component_key, hour_start)
    full join alert_hours using (component_key, hour_start)
    inner join {{ ref('int_components') }} using (component_key)
    -- An incident starts with an alert, so its hour is an hour with alerts.
    left join incident_hours
        using (site_id, asset_id, component_id, hour_start)

)

select * from component_hours
