-- One row per alert that a component raised; exact repeats count once.
with

alerts as (

    select distinct
        {{ text_part('series_text', 1) }} as site_id,
        {{ text_part('series_text', 2) }} as asset_id,
        {{ text_part('series_text', 3) }} as component_id,
        {{ text_part('series_text', 4) }} as alert_name,
        recorded_at as fired_at
    from {{ ref('stg_line_rows') }}
    where
        record_type = 'alert'
        and reject_reason is null
        and {{ is_of_kept_file() }}

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
