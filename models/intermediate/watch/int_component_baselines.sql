-- One row per judged day and component with a reading: how warm it is when it
-- starts after an hour of rest, against the fleet; and how warm its site
-- starts, against the other sites, by its handles and by their boards.
{{ config(
    materialized='incremental',
    pre_hook="{{ delete_old_rows('int_watch_days', 'day_version') }}"
) }}
{%- set days = days_to_build('int_watch_days') %}
{%- set fewest_days = [3, var('watch_days')] | min %}

with

watched_days as (

    select *
    from {{ ref('int_watched_days') }}
    where is_after_repair and {{ is_day_to_build(days, 'judged_on') }}

),

sessions as (

    select
        component_key,
        session_window_start as started_at,
        max(last_window_start) as last_window_start
    from {{ ref('int_session_parts') }}
    group by all

),

rested_starts as (

    select
        *,
        started_at - lag(last_window_start) over (
            partition by component_key
            order by started_at
        ) as rest
    from sessions
    -- Before the fleet's first record, rest cannot be told from missing data.
    qualify
        coalesce(rest, started_at - min(started_at) over ())
        >= interval '1' hour

),

first_offsets as (

    select {{ number_series(0, 59, var('window_seconds')) }} as offset_seconds

),

first_minutes as (

    select
        starts.component_key,
        starts.started_at,
        starts.started_at
        + first_offsets.offset_seconds * interval '1' second as window_start
    from rested_starts as starts
    cross join first_offsets

),

-- The first minute, before the power has warmed the poles and the board.
first_windows as (

    select
        minutes.component_key,
        minutes.started_at,
        windows.negative_temp_c,
        windows.positive_temp_c,
        windows.board_temp_c
    from first_minutes as minutes
    inner join {{ ref('int_thermal_windows') }} as windows
        on
            minutes.component_key = windows.component_key
            and minutes.window_start = windows.window_start
            -- A day is judged by itself and the days before it, so a first
            -- minute must not reach into the next day.
            and minutes.started_at::date = windows.window_start::date

),

start_temperatures as (

    select
        component_key,
        started_at,
        round(
            {{ exact_sum(
                'coalesce(negative_temp_c, 0) + coalesce(positive_temp_c, 0)'
            ) }}
            / nullif(count(negative_temp_c) + count(positive_temp_c), 0),
            9
        ) as start_temp_c,
        {{ mean('board_temp_c') }} as board_temp_c
    from first_windows
    group by all

),

-- Nights are cold everywhere, so each start is compared with the starts in the
-- same four hours of the day.
compared_starts as (

    select
        watched_days.judged_on,
        watched_days.is_recent,
        watched_days.day,
        starts.component_key,
        starts.start_temp_c,
        starts.board_temp_c,
        median(starts.start_temp_c) over same_hours as fleet_start_temp_c,
        median(starts.board_temp_c) over same_hours as fleet_board_temp_c
    from watched_days
    inner join start_temperatures as starts
        on
            watched_days.component_key = starts.component_key
            and watched_days.day = starts.started_at::date
    window same_hours as (
        partition by
            watched_days.judged_on,
            watched_days.is_recent,
            floor(hour(starts.started_at) / 4)
    )

),

component_baselines as (

    select
        starts.judged_on,
        components.component_key,
        components.site_id,
        median(starts.start_temp_c) as baseline_temp_c,
        median(starts.start_temp_c - starts.fleet_start_temp_c)
            as baseline_excess_c,
        median(starts.board_temp_c - starts.fleet_board_temp_c)
            as board_excess_c,
        count(*) as rested_session_count
    from compared_starts as starts
    inner join {{ ref('int_components') }} as components
        on starts.component_key = components.component_key
    where starts.is_recent
    group by all

),

site_days as (

    select
        starts.judged_on,
        components.site_id,
        count(distinct case when starts.is_recent then starts.day end)
            as day_count,
        count(distinct case when not starts.is_recent then starts.day end)
            as past_day_count
    from compared_starts as starts
    inner join {{ ref('int_components') }} as components
        on starts.component_key = components.component_key
    group by starts.judged_on, components.site_id

),

-- The site's own past: the earlier days that trends look back to.
past_baselines as (

    select
        starts.judged_on,
        starts.component_key,
        components.site_id,
        median(starts.start_temp_c - starts.fleet_start_temp_c) as excess_c,
        min(starts.day) as first_day
    from compared_starts as starts
    inner join {{ ref('int_components') }} as components
        on starts.component_key = components.component_key
    where not starts.is_recent
    group by starts.judged_on, starts.component_key, components.site_id

),

past_sites as (

    select
        judged_on,
        site_id,
        median(excess_c) as excess_c,
        median(median(excess_c)) over (partition by judged_on)
            as fleet_excess_c,
        count(*) as component_count,
        min(first_day) as first_day
    from past_baselines
    group by judged_on, site_id

),

centred_components as (

    select
        judged_on,
        site_id,
        baseline_excess_c,
        board_excess_c,
        median(baseline_excess_c) over site as site_median_c,
        count(*) over site as site_component_count
    from component_baselines
    window site as (partition by judged_on, site_id)

),

-- A site has too few components for a spread of its own. The spread of all
-- components around their sites' medians serves for all sites.
components_spread as (

    select
        judged_on,
        1.4826 * median(abs(baseline_excess_c - site_median_c))
            as robust_deviation_c
    from centred_components
    where site_component_count >= 3
    group by judged_on

),

site_baselines as (

    select
        judged_on,
        site_id,
        median(baseline_excess_c) as median_excess_c,
        median(board_excess_c) as board_excess_c,
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
    group by judged_on, site_id

),

centred_sites as (

    select
        median(median_excess_c) over (partition by judged_on) as fleet_median_c,
        *
    from site_baselines

),

fleet as (

    select
        judged_on,
        median(median_excess_c) as median_excess_c,
        median(abs(median_excess_c - fleet_median_c)) as mad_excess_c,
        median(board_excess_c) as board_excess_c,
        count(*) as site_count
    from centred_sites
    group by judged_on

),

-- The standard error of a median is 1.25 times that of a mean. A site whose
-- components disagree has a larger error than the fleet's spread suggests.
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
    left join components_spread
        on site_baselines.judged_on = components_spread.judged_on

),

-- 0.5 °C is the smallest spread assumed between sites. With fewer than four
-- sites, no site can be told from the others. With one component, a warm site
-- cannot be told from a warm component; with one or two days, not from the
-- weather.
scored_sites as (

    select
        sites.judged_on,
        sites.site_id,
        fleet.site_count >= 4
        and sites.site_component_count >= 2
        and site_days.day_count >= {{ fewest_days }} as is_comparable,
        sites.median_excess_c - fleet.median_excess_c
            as site_baseline_excess_c,
        sites.coolest_quarter_excess_c - fleet.median_excess_c
            as site_coolest_quarter_excess_c,
        sites.board_excess_c - fleet.board_excess_c as site_board_excess_c,
        case
            when is_comparable
                then {{ robust_z(
                    'sites.median_excess_c',
                    'fleet.median_excess_c',
                    'fleet.mad_excess_c',
                    '0.5',
                    'sites.standard_error_c'
                ) }}
        end as site_baseline_robust_z,
        case
            -- With fewer than seven days, the past may be just a cold spell.
            when
                past_sites.component_count >= 2
                and site_days.past_day_count >= {{ fewest_days }}
                and past_sites.first_day
                <= sites.judged_on - {{ var('watch_days') + 6 }}
                then
                    site_baseline_excess_c
                    - (past_sites.excess_c - past_sites.fleet_excess_c)
        end as site_baseline_change_c,
        case
            when is_comparable
                then
                    site_baseline_change_c
                    / sqrt(0.25 + 2 * pow(sites.standard_error_c, 2))
        end as site_baseline_change_z
    from measured_sites as sites
    inner join fleet on sites.judged_on = fleet.judged_on
    inner join site_days
        on
            sites.judged_on = site_days.judged_on
            and sites.site_id = site_days.site_id
    left join past_sites
        on
            sites.judged_on = past_sites.judged_on
            and sites.site_id = past_sites.site_id

)

select
    components.judged_on,
    components.component_key,
    component_baselines.baseline_temp_c,
    component_baselines.baseline_excess_c,
    scored_sites.site_baseline_excess_c,
    scored_sites.site_coolest_quarter_excess_c,
    scored_sites.site_board_excess_c,
    scored_sites.site_baseline_robust_z,
    scored_sites.site_baseline_change_c,
    scored_sites.site_baseline_change_z,
    coalesce(component_baselines.rested_session_count, 0)
        as rested_session_count,
    components.day_version
from {{ ref('int_component_thermals') }} as components
left join component_baselines
    on
        components.judged_on = component_baselines.judged_on
        and components.component_key = component_baselines.component_key
left join scored_sites
    on
        components.judged_on = scored_sites.judged_on
        and components.site_id = scored_sites.site_id
where {{ is_day_to_build(days, 'components.judged_on') }}
