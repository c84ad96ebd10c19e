-- One row per file in the landing folder.
with

files as (

    select * from {{ ref('stg_landing_files') }}

),

read_files as (

    select * from {{ ref('stg_read_files') }}

),

repeated_readings as (

    select
        file_name,
        sum(row_count) - count(*) filter (where is_staged_copy)
            as repeated_row_count
    from {{ ref('int_repeated_rows') }}
    group by file_name

),

-- Alerts and inspections. An alert and its clear at the same time are not
-- repeats; two equal inspections of one day are. The staged copy is the one in
-- the first file by name.
other_copies as (

    select
        files.file_name,
        row_number() over (
            partition by
                line_rows.record_type,
                line_rows.series_text,
                line_rows.is_cleared,
                case
                    when line_rows.record_type = 'inspection'
                        then date_trunc('day', line_rows.recorded_at)
                    else line_rows.recorded_at
                end
            order by files.file_name
        ) as copy_number
    from {{ ref('stg_line_rows') }} as line_rows
    inner join files on line_rows.file_version = files.file_version
    inner join read_files
        on line_rows.file_version = read_files.file_version
    where
        line_rows.record_type in ('alert', 'inspection')
        and line_rows.reject_reason is null
        and not read_files.is_left_out

),

repeated_others as (

    select
        file_name,
        count(*) as repeated_row_count
    from other_copies
    where copy_number > 1
    group by file_name

),

counted_files as (

    select
        files.file_name,
        files.record_type,
        files.format,
        read_files.file_problem,
        read_files.row_count::bigint as row_count,
        read_files.rejected_row_count::bigint as rejected_row_count,
        (
            coalesce(repeated_readings.repeated_row_count, 0)
            + coalesce(repeated_others.repeated_row_count, 0)
        )::bigint as repeated_row_count
    from files
    inner join read_files on files.file_version = read_files.file_version
    left join repeated_readings
        on files.file_name = repeated_readings.file_name
    left join repeated_others on files.file_name = repeated_others.file_name

),

load_audit as (

    select
        file_name,
        record_type,
        format,
        file_problem,
        row_count,
        row_count - rejected_row_count - repeated_row_count as staged_row_count,
        rejected_row_count,
        repeated_row_count
    from counted_files

)

select * from load_audit
order by file_name
