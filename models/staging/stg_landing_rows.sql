-- One row per row of the landing files: typed, or with the reason why not.
{{ config(materialized='view') }}

with

plain_rows as (

    select
        'signal' as record_type,
        site_id,
        asset_id,
        component_id,
        record_name,
        series_key,
        null as reject_reason,
        file_version,
        value,
        recorded_at
    from {{ ref('stg_plain_rows') }}

),

line_rows as (

    select
        record_type,
        site_id,
        asset_id,
        component_id,
        record_name,
        series_key,
        reject_reason,
        file_version,
        value,
        recorded_at
    from {{ ref('stg_line_rows') }}

),

landing_rows as (

    select * from plain_rows
    union all
    select * from line_rows

)

select * from landing_rows
