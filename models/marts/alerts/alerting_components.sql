-- One row per component with an alert, ranked: 1 raised the most.
with

components as (

    select
        site_id,
        asset_id,
        component_id,
        sum(alert_count)::bigint as alert_count,
        sum(untrusted_alert_count)::bigint as untrusted_alert_count,
        coalesce(sum(alert_count) filter (where is_chattering), 0)::bigint
            as chattering_alert_count,
        count(*) as incident_count,
        count(*) filter (where is_trusted) as trusted_incident_count,
        min(started_at) as first_alert_at,
        max(ended_at) as last_alert_at
    from {{ ref('alert_incidents') }}
    group by all

),

ranked_components as (

    select
        *,
        row_number() over (
            order by
                alert_count desc,
                incident_count desc,
                site_id asc,
                asset_id asc,
                component_id asc
        )::bigint as alert_rank,
        sum(alert_count) over () as all_alert_count
    from components

),

alerting_components as (

    select
        ranked.alert_rank,
        site_id,
        asset_id,
        component_id,
        ranked.alert_count / ranked.all_alert_count as alert_ratio,
        sum(ranked.alert_count) over (
            order by ranked.alert_rank
            rows between unbounded preceding and current row
        ) / ranked.all_alert_count as cumulative_alert_ratio,
        ranked.chattering_alert_count / ranked.alert_count
            as chattering_alert_ratio,
        ranked.untrusted_alert_count / ranked.alert_count
            as untrusted_alert_ratio,
        watchlist.overheated_seconds,
        ranked.alert_count,
        ranked.incident_count,
        ranked.trusted_incident_count,
        watchlist.concern_rank,
        ranked.first_alert_at,
        ranked.last_alert_at
    from ranked_components as ranked
    inner join {{ ref('component_watchlist') }} as watchlist
        using (site_id, asset_id, component_id)

)

select * from alerting_components
order by alert_rank
