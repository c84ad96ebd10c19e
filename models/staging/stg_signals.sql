-- One row per typed row of the signal files. A reading that the files contain
-- more than once has as many rows here, and one row in int_readings.
{{ config(materialized='view') }}

with

typed_rows as (

    select
        series_text,
        value,
        recorded_at,
        file_version
    from {{ ref('stg_plain_rows') }}
    where recorded_at is not null
    union all
    select
        series_text,
        value,
        recorded_at,
        file_version
    from {{ ref('stg_line_rows') }}
    where reject_reason is null and record_type = 'signal'

)

select
    {{ text_part('series_text', 1) }} as site_id,
    {{ text_part('series_text', 2) }} as asset_id,
    {{ text_part('series_text', 3) }} as component_id,
    {{ text_part('series_text', 4) }} as signal_name,
    series_text,
    {{ hash_of(['series_text']) }} as series_key,
    value,
    recorded_at as observed_at,
    file_version
from typed_rows
where {{ is_of_kept_file() }}
