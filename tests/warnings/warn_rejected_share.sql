-- Warns of files of which more than one row in a hundred was rejected, and ten
-- at least, with the number of these rows; the reasons are in
-- stg_rejected_rows. By file: all that was ever loaded would hide a bad day.
{{ config(
    severity='warn',
    fail_calc='coalesce(sum(rejected_row_count), 0)'
) }}

select
    file_name,
    rejected_row_count,
    row_count
from {{ ref('load_audit') }}
where
    rejected_row_count >= 10
    and rejected_row_count > 0.01 * row_count
