-- One row per file in the landing folder.
with

files as (

    select * from {{ ref('stg_landing_files') }}

),

rows_by_file as (

    select
        file_version,
        sum(row_count)::bigint as row_count,
        coalesce(sum(row_count) filter (where is_rejected), 0)::bigint
            as rejected_row_count
    from {{ ref('stg_file_series') }}
    group by file_version

),

repeats_by_file as (

    select
        file_name,
        sum(row_count) - count(*) filter (where is_staged_copy)
            as repeated_row_count
    from {{ ref('stg_repeated_rows') }}
    group by file_name

),

counted_files as (

    select
        files.file_name,
        files.record_type,
        files.file_problem,
        coalesce(rows_by_file.row_count, 0) as row_count,
        coalesce(rows_by_file.rejected_row_count, 0) as rejected_row_count,
        coalesce(repeats_by_file.repeated_row_count, 0)::bigint
            as repeated_row_count
    from files
    left join rows_by_file on files.file_version = rows_by_file.file_version
    left join repeats_by_file on files.file_name = repeats_by_file.file_name

),

load_audit as (

    select
        file_name,
        record_type,
        file_problem,
        row_count,
        row_count - rejected_row_count - repeated_row_count as staged_row_count,
        rejected_row_count,
        repeated_row_count
    from counted_files

)

select * from load_audit
order by file_name
