-- One row per alert, with what its name tells.
with

alerts as (

    select
        alerts.alert_id,
        alerts.component_key,
        alerts.site_id,
        alerts.asset_id,
        alerts.component_id,
        alerts.alert_name,
        -- An alert that the catalog does not know is about temperature if its
        -- name says so.
        coalesce(
            alert_catalog.is_temperature_related,
            contains(lower(alerts.alert_name), 'temp')
        ) as is_temperature_related,
        alert_catalog.alert_name is not null as is_in_catalog,
        alerts.fired_at
    from {{ ref('stg_alerts') }} as alerts
    left join {{ ref('alert_catalog') }} as alert_catalog
        on alerts.alert_name = alert_catalog.alert_name

)

select * from alerts
