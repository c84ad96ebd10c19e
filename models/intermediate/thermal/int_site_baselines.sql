-- One row per site: how much warmer its components start than the fleet's.
with

centred_components as (

    select
        site_id,
        baseline_excess_c,
        median(baseline_excess_c) over site as site_median_c,
        count(baseline_excess_c) over site as site_component_count
    from {{ ref('int_component_thermals') }}
    where baseline_excess_c is not null
    window site as (partition by site_id)

),

-- A site has too few components for a spread of its own: that of all
-- components around their sites serves for all sites.
components_spread as (

    select
        1.4826 * median(abs(baseline_excess_c - site_median_c))
            as robust_deviation_c
    from centred_components
    where site_component_count >= 3

),

site_baselines as (

    select
        site_id,
        median(baseline_excess_c) as median_excess_c,
        percentile_disc(0.25) within group (order by baseline_excess_c)
            as coolest_quarter_excess_c,
        case
            when count(*) > 1
                then
                    sqrt(
                        greatest({{ co_moment(
                            'baseline_excess_c', 'baseline_excess_c'
                        ) }}, 0)
                        / (count(*) - 1)
                    )
        end as standard_deviation_c,
        count(*) as site_component_count
    from centred_components
    group by site_id

),

centred_sites as (

    select
        median(median_excess_c) over () as fleet_median_c,
        *
    from site_baselines

),

fleet as (

    select
        median(median_excess_c) as median_excess_c,
        median(abs(median_excess_c - fleet_median_c)) as mad_excess_c,
        count(*) as site_count
    from centred_sites

),

-- The standard error of a median is 1.25 times that of a mean. A site whose
-- components disagree is known less well than by the fleet's spread.
measured_sites as (

    select
        site_baselines.*,
        1.25
        * greatest(
            site_baselines.standard_deviation_c,
            coalesce(components_spread.robust_deviation_c, 0)
        )
        / sqrt(site_baselines.site_component_count) as standard_error_c
    from site_baselines
    cross join components_spread

),

-- Half a degree is what sites differ by at least. Of fewer than four sites
-- none can be told from the others, nor a single warm component from its site.
scored_sites as (

    select
        sites.site_id,
        sites.site_component_count,
        sites.median_excess_c - fleet.median_excess_c
            as site_baseline_excess_c,
        sites.coolest_quarter_excess_c - fleet.median_excess_c
            as site_coolest_quarter_excess_c,
        case
            when fleet.site_count >= 4 and sites.site_component_count >= 2
                then {{ robust_z(
                    'sites.median_excess_c',
                    'fleet.median_excess_c',
                    'fleet.mad_excess_c',
                    '0.5',
                    'sites.standard_error_c'
                ) }}
        end as site_baseline_robust_z
    from measured_sites as sites
    cross join fleet

)

select * from scored_sites
