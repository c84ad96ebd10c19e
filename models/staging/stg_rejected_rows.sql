-- One row per row of the landing files that could not be staged.
with

rejected_lines as (

    select
        file_name,
        reject_reason,
        raw_line,
        line_number
    from {{ ref('stg_rejected_lines') }}

)

select * from rejected_lines
