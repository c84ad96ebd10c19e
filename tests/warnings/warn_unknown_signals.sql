-- Warns of signals that are not in signal_catalog: they have no limits, and
-- only their names decide whether they are temperatures. Add them to the
-- catalog.
{{ config(severity='warn') }}

select
    signal_name,
    quantity
from {{ ref('int_signals') }}
where not is_in_catalog
