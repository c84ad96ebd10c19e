-- One row per judged day and component with a reading in the days that are
-- judged: how its temperature responds to power, against the fleet and against
-- its own site.
{{ config(
    materialized='incremental',
    pre_hook="{{ delete_old_rows('int_watch_days', 'day_version') }}"
) }}
{%- set days = days_to_build('int_watch_days') %}

with

watched_days as (

    select *
    from {{ ref('int_watched_days') }}
    where
        is_recent
        and is_after_repair
        and {{ is_day_to_build(days, 'judged_on') }}

),

thermals as (

    select *
    from {{ ref('int_component_thermals') }}
    where {{ is_day_to_build(days, 'judged_on') }}

),

centred_thermals as (

    select
        {% for measure in thermal_measures() -%}
            log_{{ measure }} - median(log_{{ measure }}) over fleet
                as {{ measure }}_over_fleet,
            log_{{ measure }} - median(log_{{ measure }}) over site
                as {{ measure }}_over_site,
            count(log_{{ measure }}) over fleet as {{ measure }}_fleet_count,
            count(log_{{ measure }}) over site as {{ measure }}_site_count,
        {% endfor -%}
        *
    from thermals
    window
        fleet as (partition by judged_on),
        site as (partition by judged_on, site_id)

),

spreads as (

    select
        {% for measure in thermal_measures() -%}
            median(abs({{ measure }}_over_fleet))
                as {{ measure }}_fleet_mad,
            -- A site has too few components for a spread of its own. The spread
            -- of all components around their sites' medians serves for all
            -- sites.
            median(
                case
                    when {{ measure }}_site_count >= 3
                        then abs({{ measure }}_over_site)
                end
            ) as {{ measure }}_site_mad,
        {% endfor -%}
        judged_on
    from centred_thermals
    group by judged_on

),

compared_thermals as (

    select
        {% for measure in thermal_measures() -%}
            spreads.{{ measure }}_fleet_mad,
            spreads.{{ measure }}_site_mad,
        {% endfor -%}
        centred_thermals.*
    from centred_thermals
    inner join spreads on centred_thermals.judged_on = spreads.judged_on

),

-- A fleet score needs five components, a site score three. 2 % is the smallest
-- spread assumed between equal handles.
scored_thermals as (

    select
        {% for measure in thermal_measures() -%}
            exp({{ measure }}_over_fleet) as {{ measure }}_fleet_ratio,
            case
                when {{ measure }}_fleet_count >= 5
                    then
                        {{ robust_z(
                            measure ~ '_over_fleet', '0',
                            measure ~ '_fleet_mad', '0.02', measure ~ '_error'
                        ) }}
            end as {{ measure }}_robust_z,
            case
                when {{ measure }}_site_count >= 3
                    then
                        {{ robust_z(
                            measure ~ '_over_site', '0',
                            measure ~ '_site_mad', '0.02', measure ~ '_error'
                        ) }}
            end as {{ measure }}_site_robust_z,
        {% endfor -%}
        *
    from compared_thermals

),

-- How far the poles differ under load.
pole_imbalances as (

    select
        watched_days.judged_on,
        pole_days.component_key,
        {{ exact_sum('pole_days.total_imbalance_c') }}
        / sum(pole_days.window_count) as pole_imbalance_under_load_c
    from watched_days
    inner join {{ ref('int_pole_days') }} as pole_days
        on
            watched_days.component_key = pole_days.component_key
            and watched_days.day = pole_days.day
    group by watched_days.judged_on, pole_days.component_key

),

sensor_troubles as (

    select
        judged_on,
        component_key,
        sum(implausible_reading_count)::bigint as implausible_reading_count,
        sum(impossible_step_count)::bigint as impossible_step_count,
        max(glitch_count) as glitch_count,
        max(frozen_seconds) as frozen_seconds
    from {{ ref('int_watched_sensors') }}
    group by judged_on, component_key

)

select
    thermals.judged_on,
    thermals.component_key,
    baselines.baseline_temp_c,
    baselines.baseline_excess_c,
    baselines.site_baseline_excess_c,
    baselines.site_coolest_quarter_excess_c,
    baselines.site_board_excess_c,
    baselines.site_baseline_robust_z,
    baselines.site_baseline_change_c,
    baselines.site_baseline_change_z,
    {% for pole in poles() -%}
        thermals.{{ pole }}_steady_rise_c_at_100_kw,
        thermals.{{ pole }}_steady_rise_error
            as {{ pole }}_steady_rise_relative_error,
        thermals.{{ pole }}_steady_rise_fleet_ratio,
        thermals.{{ pole }}_steady_rise_robust_z,
        thermals.{{ pole }}_steady_rise_site_robust_z,
        thermals.{{ pole }}_time_constant_seconds,
        thermals.{{ pole }}_balance_r_squared,
    {% endfor -%}
    thermals.asymmetry_fleet_ratio,
    thermals.asymmetry_robust_z,
    thermals.asymmetry_site_robust_z,
    pole_imbalances.pole_imbalance_under_load_c,
    coalesce(sensor_troubles.implausible_reading_count, 0)
        as implausible_reading_count,
    coalesce(sensor_troubles.impossible_step_count, 0)
        as impossible_step_count,
    coalesce(sensor_troubles.glitch_count, 0) as glitch_count,
    coalesce(sensor_troubles.frozen_seconds, 0) as frozen_seconds,
    thermals.negative_window_count,
    thermals.positive_window_count,
    baselines.rested_session_count,
    thermals.log_asymmetry is not null as is_conclusive,
    thermals.day_version
from scored_thermals as thermals
inner join {{ ref('int_component_baselines') }} as baselines
    on
        thermals.judged_on = baselines.judged_on
        and thermals.component_key = baselines.component_key
left join pole_imbalances
    on
        thermals.judged_on = pole_imbalances.judged_on
        and thermals.component_key = pole_imbalances.component_key
left join sensor_troubles
    on
        thermals.judged_on = sensor_troubles.judged_on
        and thermals.component_key = sensor_troubles.component_key
