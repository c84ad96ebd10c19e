-- Warns of landing files of which no row could be staged, each with its reason.
-- Files of another kind, which are ignored, do not count.
{{ config(severity='warn') }}

select
    file_name,
    file_problem
from {{ ref('load_audit') }}
where file_problem not like 'ignored%'
