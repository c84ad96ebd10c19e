-- Warns of landing files that were not read. Ignored files of other kinds do
-- not count.
{{ config(severity='warn') }}

select
    file_name,
    file_problem
from {{ ref('load_audit') }}
where file_problem not like 'ignored%'
