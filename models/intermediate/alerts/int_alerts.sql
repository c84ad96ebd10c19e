-- One row per alert, with whether its name is about temperature.
with

-- An alert that is not in the catalog counts as temperature-related if its name
-- contains a temperature word.
temperature_names as (

    {{ temperature_names(ref('stg_alerts'), 'alert_name') }}

),

alerts as (

    select
        alerts.alert_id,
        alerts.component_key,
        alerts.site_id,
        alerts.asset_id,
        alerts.component_id,
        alerts.alert_name,
        (
            {{ epoch_ms('alerts.cleared_at') }}
            - {{ epoch_ms('alerts.fired_at') }}
        ) / 1000 as duration_seconds,
        coalesce(
            alert_catalog.is_temperature_related,
            temperature_names.alert_name is not null
        ) as is_temperature_related,
        alert_catalog.alert_name is not null as is_in_catalog,
        alerts.fired_at,
        alerts.cleared_at
    from {{ ref('stg_alerts') }} as alerts
    left join {{ ref('alert_catalog') }} as alert_catalog
        on alerts.alert_name = alert_catalog.alert_name
    left join temperature_names
        on alerts.alert_name = temperature_names.alert_name

)

select * from alerts
