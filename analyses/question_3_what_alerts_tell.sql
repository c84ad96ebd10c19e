-- Question 3: do the alerts mean anything? An incident is a run of alerts with
-- one name from one component, with
-- gaps of at most {{ var('alert_incident_gap_seconds') }} s between them.
-- hot: the handle was overheated, or a trusted sensor read 90 °C or more,
-- within ten minutes. episodes: how many of the fleet's overheating episodes
-- had this alert of the same component within ten minutes.
select
    coalesce(alert_name, 'all temperature alerts') as alert_name,
    component_count as components,
    alert_count as alerts,
    incident_count as incidents,
    trusted_incident_count as trusted,
    chattering_incident_count as chattering,
    hot_incident_count as hot,
    overheated_incident_count as overheated,
    alerted_episode_count || ' of ' || episode_count as episodes
from {{ ref('alert_outcomes') }}
order by
    is_total desc,
    alert_count desc,
    alert_name asc
