{%- set is_plain = is_plain_row(
    'timestamp', 'site', 'asset', 'component', 'signal_name', 'value',
    'last_possible_ms'
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

file_rows as (

    select
        read_rows.*,
        files.last_possible_ms,
        files.file_version
    from {{ read_typed_rows() }} as read_rows
    inner join {{ ref('stg_landing_files') }} as files
        on read_rows.file_path = files.file_path

),

typed_rows as (

    select
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
        end as recorded_at,
        file_version
    from file_rows

)

select
    series_text,
    value,
    line,
    null::bigint as line_number,
    recorded_at,
    file_version
from typed_rows
