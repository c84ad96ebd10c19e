-- One row per landing file: the result of reading it.
--
-- A file that changed, or was not read completely, is left out of this build,
-- because its rows may be a mix of old and new ones. The next build reads it.
{{ config(
    materialized='incremental',
    pre_hook="{{ delete_old_rows(
        'stg_landing_files', 'file_version', also='is_left_out'
    ) }}",
    post_hook="{{ stop_without_readings() }}"
) }}

with

files as (

    select * from {{ ref('stg_landing_files') }}
    where {{ is_new_version('file_version') }}

),

typed_rows as (

    select
        file_version,
        count(recorded_at) as row_count
    from {{ ref('stg_plain_rows') }}
    where file_version in (select files.file_version from files)
    group by file_version

),

line_rows as (

    select
        file_version,
        count(*) as row_count,
        count(*) filter (where is_first_of_line) as line_count,
        count(reject_reason) as rejected_row_count
    from {{ ref('stg_line_rows') }}
    where file_version in (select files.file_version from files)
    group by file_version

),

counted_files as (

    select
        files.*,
        coalesce(typed_rows.row_count, 0) + coalesce(line_rows.row_count, 0)
            as row_count,
        coalesce(typed_rows.row_count, 0) + coalesce(line_rows.line_count, 0)
            as found_line_count,
        coalesce(line_rows.rejected_row_count, 0) as rejected_row_count
    from files
    left join typed_rows on files.file_version = typed_rows.file_version
    left join line_rows on files.file_version = line_rows.file_version

),

judged_files as (

    select
        *,
        -- `and` instead of `case` would also count the lines of unreadable
        -- files.
        case
            when is_readable
                then not {{ holds_all_lines('found_line_count') }}
            else false
        end as is_left_out
    from counted_files

)

select
    case
        when is_left_out
            then {{ reading_problem() }}
        else file_problem
    end as file_problem,
    is_left_out,
    case when is_left_out then 0 else row_count end as row_count,
    case when is_left_out then 0 else rejected_row_count end
        as rejected_row_count,
    file_version
from judged_files
