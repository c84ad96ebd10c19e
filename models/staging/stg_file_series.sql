-- One row per landing file, record type, series and UTC day: how many of its
-- rows the file holds; and one for all that were rejected.
{{ config(
    materialized='incremental',
    pre_hook="{{ build_by_file(
        is_file_of('stg_plain_rows', 'stg_line_rows'),
        inputs=['stg_plain_rows', 'stg_line_rows']
    ) }}"
) }}

with

accepted_rows as (

    select
        record_type,
        any_value(site_id) as site_id,
        any_value(asset_id) as asset_id,
        any_value(component_id) as component_id,
        any_value(record_name) as record_name,
        series_key,
        file_version,
        count(*) as row_count,
        recorded_at::date as day
    from {{ ref('stg_landing_rows') }}
    where reject_reason is null and {{ is_file_to_build() }}
    group by all

),

rejected_rows as (

    select
        record_type,
        null as site_id,
        null as asset_id,
        null as component_id,
        null as record_name,
        null as series_key,
        file_version,
        count(*) as row_count,
        null as day
    from {{ ref('stg_landing_rows') }}
    where reject_reason is not null and {{ is_file_to_build() }}
    group by all

),

file_series as (

    select * from accepted_rows
    union all
    select * from rejected_rows

)

select
    record_type,
    site_id,
    asset_id,
    component_id,
    record_name,
    series_key,
    file_version,
    {{ code_version() }} as code_version,
    row_count,
    day is null as is_rejected,
    day
from file_series
