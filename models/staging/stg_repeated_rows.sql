-- One row per reading or alert that the landing files hold more than once,
-- and file that holds it.
{{ config(
    materialized='incremental',
    pre_hook="{{ build_by_day('recorded_at', ['stg_days']) }}"
) }}
{%- set window_ms = var('window_seconds') * 1000 %}

with

accepted_rows as (

    select
        record_type,
        site_id,
        asset_id,
        component_id,
        record_name,
        series_key,
        value,
        file_version,
        recorded_at,
        {{ window_start('recorded_at') }} as window_start,
        floor(
            {{ epoch_ms('recorded_at') }} % {{ window_ms }} * 64
            / {{ window_ms }}
        )::bigint as window_part
    from {{ ref('stg_landing_rows') }}
    where reject_reason is null and {{ is_day_to_build('recorded_at') }}

),

-- Two equal rows fall into the same 64th of a window. Counting the 64ths that
-- hold a row finds the few windows that may hold a repeat, in half the time
-- that grouping by a hash of the row takes.
crowded_windows as (

    select
        series_key,
        window_start
    from accepted_rows
    group by series_key, window_start
    having count(*) > {{ count_of_parts('window_part') }}

),

rows_by_file as (

    select
        accepted_rows.record_type,
        accepted_rows.site_id,
        accepted_rows.asset_id,
        accepted_rows.component_id,
        accepted_rows.record_name,
        accepted_rows.series_key,
        files.file_name,
        accepted_rows.value,
        count(*) as row_count,
        accepted_rows.recorded_at
    from accepted_rows
    semi join crowded_windows using (series_key, window_start)
    inner join {{ ref('stg_landing_files') }} as files
        on accepted_rows.file_version = files.file_version
    group by all

),

counted_rows as (

    select
        *,
        sum(row_count) over same_row as total_row_count,
        min(file_name) over same_row as first_file_name
    from rows_by_file
    window same_row as (
        partition by record_type, series_key, value, recorded_at
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
    series_key,
    file_name,
    value,
    row_count,
    is_staged_copy,
    recorded_at
from repeated_rows
