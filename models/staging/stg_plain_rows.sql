{%- set is_plain = is_plain_row(
    'timestamp', 'site', 'asset', 'component', 'signal_name', 'value'
) -%}
-- One row per row of the plain signal files: the columns of the export in its
-- order, ASCII without quotes, and lines that end in \n.
--
-- The engine types such rows while it reads, in a third of the time that
-- stg_line_rows takes. Lines that the reader refuses, and rows that are not
-- plain, are kept as text with their number, for stg_line_rows to judge.
{{ config(
    materialized='incremental',
    pre_hook="{{ start_reading('is_plain') }}",
    post_hook=["{{ keep_odd_lines() }}", "{{ end_reading() }}"]
) }}

with

typed_rows as (

    select
        file_path,
        {{ series_text('site', 'asset', 'component', 'signal_name') }}
            as series_text,
        value,
        -- The line's text in the file, which keep_odd_lines searches for.
        case
            when not {{ is_plain }}
                then concat_ws(
                        ',',
                        '', timestamp, site, asset, component, signal_name, ''
                    )
        end as line,
        case
            when {{ is_plain }}
                then {{ time_of_ms('timestamp::bigint') }}
        end as recorded_at
    from {{ read_typed_rows() }} as file_rows

)

select
    typed_rows.series_text,
    typed_rows.value,
    typed_rows.line,
    null::bigint as line_number,
    typed_rows.recorded_at,
    files.file_version
from typed_rows
inner join {{ ref('stg_landing_files') }} as files
    on typed_rows.file_path = files.file_path
