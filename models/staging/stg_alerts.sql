-- One row per alert that a component raised; exact repeats count once.
with

alerts as (

    select distinct
        site_id,
        asset_id,
        component_id,
        record_name as alert_name,
        recorded_at as fired_at
    from {{ ref('stg_landing_rows') }}
    where reject_reason is null and record_type = 'alert'

),

identified_alerts as (

    select
        md5(concat_ws(
            chr(31),
            site_id,
            asset_id,
            component_id,
            alert_name,
            {{ epoch_ms('fired_at') }}
        )) as alert_id,
        {{ component_key() }} as component_key,
        site_id,
        asset_id,
        component_id,
        alert_name,
        fired_at
    from alerts

)

select * from identified_alerts
