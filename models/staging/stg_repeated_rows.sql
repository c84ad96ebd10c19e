-- One row per reading or alert that the landing files hold more than once,
-- and file that holds it.
{{ config(
    materialized='incremental',
    pre_hook="{{ build_by_day('recorded_at', ['stg_days']) }}"
) }}

with

accepted_rows as (

    select
        record_type,
        site_id,
        asset_id,
        component_id,
        record_name,
        value,
        recorded_at,
        file_name,
        hash(
            site_id, asset_id, component_id, record_name, value, recorded_at
        ) as row_hash
    from {{ ref('stg_landing_rows') }}
    where reject_reason is null and {{ is_day_to_build('recorded_at') }}

),

-- The hash narrows the rows to the few that may repeat: grouping all rows by
-- all their columns takes several times as long.
repeated_hashes as (

    select row_hash
    from accepted_rows
    group by row_hash
    having count(*) > 1

),

rows_by_file as (

    select
        accepted_rows.record_type,
        accepted_rows.site_id,
        accepted_rows.asset_id,
        accepted_rows.component_id,
        accepted_rows.record_name,
        accepted_rows.file_name,
        accepted_rows.value,
        count(*) as row_count,
        accepted_rows.recorded_at
    from accepted_rows
    semi join repeated_hashes using (row_hash)
    group by all

),

counted_rows as (

    select
        *,
        sum(row_count) over same_row as total_row_count,
        min(file_name) over same_row as first_file_name
    from rows_by_file
    window same_row as (
        partition by
            record_type,
            site_id,
            asset_id,
            component_id,
            record_name,
            value,
            recorded_at
    )

),

-- The one copy that is staged is that of the first file by name.
repeated_rows as (

    select
        *,
        file_name = first_file_name as is_staged_copy
    from counted_rows
    where total_row_count > 1

)

select
    record_type,
    site_id,
    asset_id,
    component_id,
    record_name,
    file_name,
    value,
    row_count,
    is_staged_copy,
    recorded_at
from repeated_rows
