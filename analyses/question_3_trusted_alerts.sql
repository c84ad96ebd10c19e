-- Question 3: which alerts are not trusted, and which handles raised them?
select
    coalesce(alert_name, 'all temperature alerts') as alert_name,
    trust_note
from {{ ref('alert_outcomes') }}
where is_temperature_related
order by
    is_total desc,
    alert_count desc,
    alert_name asc
