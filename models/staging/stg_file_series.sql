-- One row per landing file, record type, series and UTC day: the number of
-- such rows in the file.
{{ config(
    materialized='incremental',
    pre_hook="{{ delete_old_rows('stg_read_files', 'file_version') }}"
) }}

with

new_files as (

    select file_version
    from {{ ref('stg_read_files') }}
    where not is_left_out and {{ is_new_version('file_version') }}

),

typed_rows as (

    select
        'signal' as record_type,
        series_text,
        series_key,
        observed_at as recorded_at,
        file_version
    from {{ ref('stg_signals') }}
    where file_version in (select new_files.file_version from new_files)
    union all
    select
        record_type,
        series_text,
        {{ hash_of(['series_text']) }} as series_key,
        recorded_at,
        file_version
    from {{ ref('stg_line_rows') }}
    where
        record_type = 'alert'
        and reject_reason is null
        and file_version in (select new_files.file_version from new_files)

),

file_series as (

    select
        record_type,
        series_key,
        any_value(series_text) as series_text,
        count(*) as row_count,
        recorded_at::date as day,
        file_version
    from typed_rows
    group by all

)

select
    record_type,
    {{ text_part('series_text', 1) }} as site_id,
    {{ text_part('series_text', 2) }} as asset_id,
    {{ text_part('series_text', 3) }} as component_id,
    {{ text_part('series_text', 4) }} as record_name,
    series_key,
    row_count,
    day,
    file_version
from file_series
