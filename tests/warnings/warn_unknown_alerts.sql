-- Warns of alerts that alert_catalog does not know: whether they are about
-- temperature is told by their names. Add them to the catalog.
{{ config(severity='warn') }}

select
    alert_name,
    count(*) as alert_count
from {{ ref('int_alerts') }}
where not is_in_catalog
group by alert_name
