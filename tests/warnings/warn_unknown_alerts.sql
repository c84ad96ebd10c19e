-- Warns of alerts that are not in alert_catalog: only their names decide
-- whether they are about temperature. Add them to the catalog.
{{ config(severity='warn') }}

select
    alert_name,
    count(*) as alert_count
from {{ ref('int_alerts') }}
where not is_in_catalog
group by alert_name
