-- One row per row of the landing files that could not be staged.
{{ config(
    pre_hook="{{ set_rejected_files() }}",
    post_hook="{{ stop_where_rejected_files_moved() }}"
) }}

with

rejected_rows as (

    select
        files.file_path,
        files.file_name,
        line_rows.reject_reason,
        line_rows.raw_line,
        line_rows.line_number
    from {{ ref('stg_line_rows') }} as line_rows
    inner join {{ ref('stg_landing_files') }} as files
        on line_rows.file_version = files.file_version
    where line_rows.reject_reason is not null

),

unreadable_lines as (

    select
        file_name,
        reject_reason,
        raw_line,
        line_number,
        file_path,
        row_number() over (
            partition by file_path order by line_number
        ) as unreadable_number
    from rejected_rows
    where line_number is not null

),

-- Only now, and only for the files concerned, are lines counted: numbering
-- them all would cost the load its parallel reading.
file_lines as (

    select
        filename as file_path,
        line as raw_line,
        folder_line_number
    from {{ source('landing', 'lines_in_order') }}

),

readable_lines as (

    select
        file_path,
        raw_line,
        folder_line_number - min(folder_line_number) over (
            partition by file_path
        ) + 1 as readable_number
    from file_lines

),

reasons as (

    select distinct
        file_path,
        file_name,
        reject_reason,
        raw_line
    from rejected_rows
    where line_number is null

),

-- The reader leaves out its unreadable lines, so each of them that came
-- before moves a readable line down by one.
numbered_lines as (

    select
        reasons.file_name,
        reasons.reject_reason,
        reasons.raw_line,
        readable_lines.readable_number
        + count(unreadable_lines.line_number) as line_number
    from readable_lines
    inner join reasons
        on
            readable_lines.file_path = reasons.file_path
            and readable_lines.raw_line = reasons.raw_line
    left join unreadable_lines
        on
            readable_lines.file_path = unreadable_lines.file_path
            and unreadable_lines.line_number
            - unreadable_lines.unreadable_number
            < readable_lines.readable_number
    group by
        reasons.file_name,
        reasons.reject_reason,
        reasons.raw_line,
        readable_lines.readable_number

),

all_rejected_rows as (

    select
        file_name,
        line_number,
        reject_reason,
        raw_line
    from numbered_lines
    union all
    select
        file_name,
        line_number,
        reject_reason,
        raw_line
    from unreadable_lines

)

select
    file_name,
    reject_reason,
    {{ shown_line('raw_line') }} as raw_line,
    line_number
from all_rejected_rows
