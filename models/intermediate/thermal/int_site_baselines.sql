-- One row per site: how much warmer its components start than the fleet's.
with

site_baselines as (

    select
        site_id,
        median(baseline_excess_c) as site_baseline_excess_c,
        count(*) as site_component_count
    from {{ ref('int_component_thermals') }}
    where baseline_excess_c is not null
    group by site_id

),

fleet as (

    select
        median(site_baseline_excess_c) as median_excess_c,
        mad(site_baseline_excess_c) as mad_excess_c,
        count(*) as site_count
    from site_baselines

),

-- Half a degree is what sites differ by at least; of fewer than four sites
-- none can be told from the others.
scored_sites as (

    select
        site_baselines.site_id,
        site_baselines.site_component_count,
        site_baselines.site_baseline_excess_c - fleet.median_excess_c
            as site_baseline_excess_c,
        case
            when fleet.site_count >= 4
                then {{ robust_z(
                    'site_baselines.site_baseline_excess_c',
                    'fleet.median_excess_c',
                    'fleet.mad_excess_c',
                    '0.5'
                ) }}
        end as site_baseline_robust_z
    from site_baselines
    cross join fleet

)

select * from scored_sites
