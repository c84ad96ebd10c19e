-- One row per landing file and reason for rejecting rows of it.
with

rejected_rows as (

    select * from {{ ref('rejected_rows') }}

),

reasons as (

    select
        file_name,
        {{ kind_of_reason('reject_reason') }} as reject_reason,
        -- A line can be as long as the whole file.
        left(
            min_by(
                raw_line, {{ row_of(['coalesce(line_number, 0)', 'raw_line']) }}
            ),
            200
        ) as example_line,
        count(*) as row_count,
        min(line_number) as first_line_number
    from rejected_rows
    group by all

)

select * from reasons
