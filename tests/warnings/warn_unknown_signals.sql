-- Warns of signals that signal_catalog does not know: they have no limits, and
-- are temperatures only by their names. Add them to the catalog.
{{ config(severity='warn') }}

select
    signal_name,
    quantity
from {{ ref('int_signals') }}
where not is_in_catalog
