-- Warns of rejected rows in files of inspections, which change no verdict until
-- they are corrected: from marts.rejected_rows. One row is enough, whatever the
-- share.
{{ config(
    severity='warn',
    fail_calc='coalesce(sum(rejected_row_count), 0)'
) }}

select
    file_name,
    rejected_row_count
from {{ ref('load_audit') }}
where record_type = 'inspection' and rejected_row_count > 0
