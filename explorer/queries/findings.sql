select
    finding_rank as "#",
    severity as "Severity",
    sentence as "Finding",
    case
        when component_id is not null then 'handle ' || shown_id(component_id)
        when site_id is not null then 'site ' || shown_id(site_id)
        when kind = 'alerts' or finding_name = 'more_alerts' then 'alerts'
        when kind in ('sensor', 'data') then 'data quality'
        else 'sites and assets'
    end as "Look at",
    case
        when
            component_id is not null
            then component_link(site_id, asset_id, component_id)
        when site_id is not null then site_link(site_id)
        when kind = 'alerts' or finding_name = 'more_alerts' then '/alerts'
        when kind in ('sensor', 'data') then '/data-quality'
        else '/sites'
    end as "_Look at"
from marts.fleet_findings
order by finding_rank;
