-- One row per alert name: how often the handle was hot when it fired.
with

incidents as (

    select * from {{ ref('alert_incidents') }}

),

grouped_incidents as (

    select
        alert_name as alert_group,
        *
    from incidents
    union all
    select
        null as alert_group,
        *
    from incidents
    where is_temperature_related

),

outcomes as (

    select
        alert_group,
        bool_and(is_temperature_related) as is_temperature_related,
        sum(alert_count)::bigint as alert_count,
        sum(untrusted_alert_count)::bigint as untrusted_alert_count,
        count(distinct {{ row_of(['site_id', 'asset_id', 'component_id']) }})
            as component_count,
        count(*) as incident_count,
        count(*) filter (where is_trusted) as trusted_incident_count,
        count(*) filter (where is_chattering) as chattering_incident_count,
        count(*) filter (where was_overheated) as overheated_incident_count,
        count(*) filter (where was_hot) as hot_incident_count
    from grouped_incidents
    group by all

),

untrusted_counts as (

    select
        alert_group,
        site_id,
        asset_id,
        component_id,
        sum(untrusted_alert_count)::bigint as untrusted_alert_count
    from grouped_incidents
    where untrusted_alert_count > 0
    group by alert_group, site_id, asset_id, component_id

),

-- The component with most of the untrusted alerts.
untrusted_components as (

    select
        alert_group,
        component_id,
        untrusted_alert_count,
        count(*) over (partition by alert_group) as component_count
    from untrusted_counts
    qualify
        row_number() over (
            partition by alert_group
            order by
                untrusted_alert_count desc,
                site_id asc,
                asset_id asc,
                component_id asc
        ) = 1

),

episodes as (

    select
        episode_id,
        {{ component_key() }} as component_key,
        started_at,
        ended_at
    from {{ ref('overheating_episodes') }}
    where not is_sensor_suspect

),

alerts as (

    select
        component_key,
        alert_name as alert_group,
        fired_at
    from {{ ref('int_alerts') }}
    union all
    select
        component_key,
        null as alert_group,
        fired_at
    from {{ ref('int_alerts') }}
    where is_temperature_related

),

alerted_episodes as (

    select
        alerts.alert_group,
        count(distinct episodes.episode_id) as alerted_episode_count
    from episodes
    inner join alerts
        on
            episodes.component_key = alerts.component_key
            and alerts.fired_at >= episodes.started_at - {{ alert_reach() }}
            and alerts.fired_at <= episodes.ended_at + {{ alert_reach() }}
    group by alerts.alert_group

),

all_episodes as (

    select count(*) as episode_count from episodes

),

alert_outcomes as (

    select
        outcomes.alert_group as alert_name,
        case
            when outcomes.untrusted_alert_count = 0 and outcomes.alert_count = 1
                then 'The one alert is trusted.'
            when outcomes.untrusted_alert_count = 0
                then 'All ' || outcomes.alert_count || ' alerts are trusted.'
            else
                outcomes.untrusted_alert_count || ' of '
                || outcomes.alert_count || ' alert'
                || if(outcomes.alert_count = 1, ' is', 's are')
                || ' not trusted, because a temperature sensor of the '
                || 'component was suspect; '
                || if(
                    untrusted.component_count = 1,
                    'component ' || untrusted.component_id
                    || ' raised all of them.',
                    untrusted.component_count || ' components raised them, '
                    || untrusted.untrusted_alert_count
                    || ' of them component ' || untrusted.component_id || '.'
                )
        end as trust_note,
        outcomes.alert_count,
        outcomes.untrusted_alert_count,
        outcomes.component_count,
        outcomes.incident_count,
        outcomes.trusted_incident_count,
        outcomes.chattering_incident_count,
        outcomes.overheated_incident_count,
        outcomes.hot_incident_count,
        all_episodes.episode_count,
        coalesce(alerted_episodes.alerted_episode_count, 0)
            as alerted_episode_count,
        outcomes.alert_group is null as is_total,
        outcomes.is_temperature_related
    from outcomes
    cross join all_episodes
    left join untrusted_components as untrusted
        on outcomes.alert_group is not distinct from untrusted.alert_group
    left join alerted_episodes
        on
            outcomes.alert_group
            is not distinct from alerted_episodes.alert_group

)

select * from alert_outcomes
