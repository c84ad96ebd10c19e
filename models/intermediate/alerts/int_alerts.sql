-- One row per alert, with what its name tells.
with

-- An alert that the catalog does not know is about temperature if a word of its
-- name says so.
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
