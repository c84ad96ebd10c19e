-- One row per row of the plain signal files: the columns of the export in its
-- order, ASCII without quotes, and lines that end in \n.
--
-- The engine types such rows while it reads, in a third of the time that
-- stg_line_rows takes. A line that the reader refuses stands here as text, with
-- its number. A row that it typed, and that cannot be right, has no time.
-- stg_line_rows judges both.
{{ config(
    materialized='incremental',
    pre_hook="{{ start_reading('is_plain') }}",
    post_hook=["{{ keep_refused_lines() }}", "{{ end_reading() }}"]
) }}

with

typed_rows as (

    select
        file_path,
        {{ series_text('site', 'asset', 'component', 'signal_name') }}
            as series_text,
        value,
        case
            when
                timestamp between {{ epoch_ms_range() }}
                and timestamp = floor(timestamp)
                and abs(value) < {{ value_limit() }}
                and site <> ''
                and asset <> ''
                and component <> ''
                and signal_name <> ''
                then {{ time_of_ms('timestamp::bigint') }}
        end as recorded_at
    from {{ read_typed_rows() }} as file_rows

)

select
    typed_rows.series_text,
    typed_rows.value,
    null::{{ dbt.type_string() }} as line,
    null::bigint as line_number,
    typed_rows.recorded_at,
    files.file_version
from typed_rows
inner join {{ ref('stg_landing_files') }} as files
    on typed_rows.file_path = files.file_path
