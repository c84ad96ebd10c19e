-- One row per alert that a component raised; exact repeats count once.
with

records as (

    select distinct
        {{ text_part('series_text', 1) }} as site_id,
        {{ text_part('series_text', 2) }} as asset_id,
        {{ text_part('series_text', 3) }} as component_id,
        {{ text_part('series_text', 4) }} as alert_name,
        is_cleared,
        recorded_at
    from {{ ref('stg_line_rows') }}
    where
        record_type = 'alert'
        and reject_reason is null
        and {{ is_of_kept_file() }}

),

-- If a clear and an alert have the same time, the clear ends an earlier alert.
followed_records as (

    select
        *,
        lead(is_cleared) over alert_in_time as is_cleared_next,
        lead(recorded_at) over alert_in_time as next_recorded_at
    from records
    window alert_in_time as (
        partition by site_id, asset_id, component_id, alert_name
        order by recorded_at asc, is_cleared desc
    )

),

alerts as (

    select
        site_id,
        asset_id,
        component_id,
        alert_name,
        recorded_at as fired_at,
        case when is_cleared_next then next_recorded_at end as cleared_at
    from followed_records
    where not is_cleared

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
        fired_at,
        cleared_at
    from alerts

)

select * from identified_alerts
