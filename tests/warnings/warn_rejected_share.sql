-- Warns of rejected rows in files with more than 1 % and at least ten rejected
-- rows; the reasons are in rejected_rows. The share is per file, because the
-- total would hide a bad day. If the share of all rows is as high, each file
-- with a rejected row counts.
{{ config(
    severity='warn',
    fail_calc='coalesce(sum(rejected_row_count), 0)'
) }}

with

files as (

    select
        file_name,
        rejected_row_count,
        row_count,
        sum(rejected_row_count) over () as all_rejected_row_count,
        sum(row_count) over () as all_row_count
    from {{ ref('load_audit') }}

)

select
    file_name,
    rejected_row_count,
    row_count
from files
where
    (rejected_row_count >= 10 and rejected_row_count > 0.01 * row_count)
    or (
        rejected_row_count > 0
        and all_rejected_row_count >= 10
        and all_rejected_row_count > 0.01 * all_row_count
    )
