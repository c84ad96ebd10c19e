-- One row per inspection of a component; exact repeats count once.
with

inspections as (

    select distinct
        {{ text_part('series_text', 1) }} as site_id,
        {{ text_part('series_text', 2) }} as asset_id,
        {{ text_part('series_text', 3) }} as component_id,
        {{ text_part('series_text', 4) }} as result,
        nullif({{ text_part('series_text', 5) }}, '') as found_cause,
        nullif({{ text_part('series_text', 6) }}, '') as note,
        recorded_at::date as inspected_on
    from {{ ref('stg_line_rows') }}
    where
        record_type = 'inspection'
        and reject_reason is null
        and {{ is_of_kept_file() }}

)

select
    {{ component_key() }} as component_key,
    *
from inspections
