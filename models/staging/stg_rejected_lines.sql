-- One row per row of the landing files that could not be staged, with its line.
{{ config(
    materialized='incremental',
    pre_hook=[
        "{{ build_by_file(
            'is_readable', is_rejecting_file(), inputs=['stg_line_rows']
        ) }}",
        "{{ set_lines_in_order() }}"
    ],
    post_hook="{{ keep_rows_without_number(this) }}"
) }}

with

rejected_rows as (

    select
        reject_reason,
        raw_line,
        line_number,
        file_version
    from {{ ref('stg_line_rows') }}
    where reject_reason is not null and {{ is_file_to_build() }}

),

unreadable_lines as (

    select
        reject_reason,
        raw_line,
        line_number,
        file_version,
        row_number() over (
            partition by file_version order by line_number
        ) as unreadable_number
    from rejected_rows
    where line_number is not null

),

-- Only now, and only for the files concerned, are lines counted: numbering
-- them all would cost the load its parallel reading.
file_lines as (

    select
        lines.line as raw_line,
        lines.folder_line_number,
        files.file_version
    from {{ source('landing', 'lines_in_order') }} as lines
    inner join {{ ref('stg_landing_files') }} as files
        on lines.filename = files.file_path

),

readable_lines as (

    select
        raw_line,
        file_version,
        folder_line_number - min(folder_line_number) over (
            partition by file_version
        ) + 1 as readable_number
    from file_lines

),

reasons as (

    select distinct
        reject_reason,
        raw_line,
        file_version
    from rejected_rows
    where line_number is null

),

-- The reader leaves out its unreadable lines, so each of them that came
-- before moves a readable line down by one.
numbered_lines as (

    select
        reasons.reject_reason,
        reasons.raw_line,
        reasons.file_version,
        readable_lines.readable_number
        + count(unreadable_lines.line_number) as line_number
    from readable_lines
    inner join reasons
        on
            readable_lines.file_version = reasons.file_version
            and readable_lines.raw_line = reasons.raw_line
    left join unreadable_lines
        on
            readable_lines.file_version = unreadable_lines.file_version
            and unreadable_lines.line_number
            - unreadable_lines.unreadable_number
            < readable_lines.readable_number
    group by
        reasons.reject_reason,
        reasons.raw_line,
        reasons.file_version,
        readable_lines.readable_number

),

all_rejected_rows as (

    select
        reject_reason,
        raw_line,
        line_number,
        file_version
    from numbered_lines
    union all
    select
        reject_reason,
        raw_line,
        line_number,
        file_version
    from unreadable_lines

)

select
    files.file_name,
    rejected.reject_reason,
    {{ shown_line('rejected.raw_line') }} as raw_line,
    rejected.line_number,
    rejected.file_version
from all_rejected_rows as rejected
inner join {{ ref('stg_landing_files') }} as files
    on rejected.file_version = files.file_version
