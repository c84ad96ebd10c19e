-- Question 3: which alerts does "trusted" leave out, and who raised them?
select
    alert_name,
    trust_note
from {{ ref('alert_outcomes') }}
where is_temperature_related
order by
    alert_name = 'all temperature alerts' desc,
    alert_count desc,
    alert_name asc
