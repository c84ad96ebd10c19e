-- One row per rejected row of the landing files: where it is, and why it was
-- rejected.
--
-- Lines are numbered here, once, and only in files with a rejected row:
-- numbering all lines would prevent the parallel reading of files. If a file
-- changed during the build, its numbers stay unknown until the next build.
{{ config(
    materialized='incremental',
    on_schema_change='append_new_columns',
    pre_hook="{{ delete_old_rows(
        'stg_landing_files', 'file_version', also='line_number is null'
    ) }}"
) }}

with

files as (

    select files.*
    from {{ ref('stg_landing_files') }} as files
    inner join {{ ref('stg_read_files') }} as read_files
        on files.file_version = read_files.file_version
    where not read_files.is_left_out

),

rejected_rows as (

    select
        files.file_path,
        files.file_name,
        rejected.reject_reason,
        rejected.raw_line,
        rejected.line_number,
        rejected.file_version
    from {{ ref('stg_line_rows') }} as rejected
    inner join files on rejected.file_version = files.file_version
    where
        rejected.reject_reason is not null
        and {{ is_new_version('rejected.file_version') }}

),

unnumbered_rows as (

    select
        file_path,
        file_name,
        reject_reason,
        raw_line,
        file_version,
        count(*) as row_count
    from rejected_rows
    where line_number is null
    group by all

),

found_lines as {{ number_lines('unnumbered_rows') }},

numbered_rows as (

    select
        rows.file_name,
        rows.reject_reason,
        rows.raw_line,
        found_lines.line_number,
        rows.file_version
    from unnumbered_rows as rows
    inner join found_lines
        on
            rows.file_version = found_lines.file_version
            and rows.raw_line = found_lines.raw_line

),

unnumbered_files as (

    select
        file_version,
        sum(row_count) as row_count
    from unnumbered_rows
    group by file_version

),

numbered_files as (

    select
        file_version,
        count(*) as row_count
    from numbered_rows
    group by file_version

),

-- Files of which every line was found. Otherwise the file changed during the
-- build.
complete_files as (

    select numbered_files.file_version
    from numbered_files
    inner join unnumbered_files
        on
            numbered_files.file_version = unnumbered_files.file_version
            and numbered_files.row_count = unnumbered_files.row_count

),

all_rows as (

    select
        file_name,
        reject_reason,
        raw_line,
        line_number,
        file_version
    from rejected_rows
    where
        line_number is not null
        or file_version not in (
            select complete_files.file_version from complete_files
        )
    union all
    select
        file_name,
        reject_reason,
        raw_line,
        line_number,
        file_version
    from numbered_rows
    where
        file_version in (
            select complete_files.file_version from complete_files
        )

)

select
    file_name,
    reject_reason,
    {{ shown_line('raw_line') }} as raw_line,
    line_number,
    file_version
from all_rows
