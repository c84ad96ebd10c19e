-- One row per judged day and component with a reading or an alert in the days
-- that are judged: what is suspected, how much it matters, and the rank that
-- follows; 1 is the one to look at first.
{{ config(
    materialized='incremental',
    pre_hook="{{ delete_old_rows('int_watch_days', 'day_version') }}"
) }}
{%- set days = days_to_build('int_watch_days') %}

with

{{ watched_days(days) }},

profiles as (

    select *
    from {{ ref('int_thermal_profiles') }}
    where {{ is_day_to_build(days, 'judged_on') }}

),

temperature_alerts as (

    select
        watched_days.judged_on,
        alerts.component_key,
        count(*) as temperature_alert_count
    from watched_days
    inner join {{ ref('int_alerts') }} as alerts
        on watched_days.day = alerts.fired_at::date
    where alerts.is_temperature_related
    group by watched_days.judged_on, alerts.component_key

),

overheated_components as (

    select
        watched_days.judged_on,
        hours.component_key,
        {{ exact_sum('hours.overheated_seconds') }} as overheated_seconds,
        max(hours.peak_trusted_avg_temp_c) as peak_avg_temp_c
    from watched_days
    inner join {{ ref('int_overheated_hours') }} as hours
        on watched_days.day = hours.hour_start::date
    group by watched_days.judged_on, hours.component_key

),

components as (

    select
        profiles.*,
        coalesce(temperature_alerts.temperature_alert_count, 0)
            as temperature_alert_count,
        coalesce(overheated_components.overheated_seconds, 0)
            as overheated_seconds,
        overheated_components.peak_avg_temp_c,
        coalesce(profiles.asymmetry_robust_z >= 0, false) as is_negative_warmer,
        if(
            is_negative_warmer,
            profiles.negative_steady_rise_fleet_ratio,
            profiles.positive_steady_rise_fleet_ratio
        ) as warmer_pole_fleet_ratio,
        (
            profiles.negative_time_constant_seconds
            + profiles.positive_time_constant_seconds
        ) / 120 as time_constant_minutes
    from profiles
    left join temperature_alerts
        on
            profiles.judged_on = temperature_alerts.judged_on
            and profiles.component_key = temperature_alerts.component_key
    left join overheated_components
        on
            profiles.judged_on = overheated_components.judged_on
            and profiles.component_key = overheated_components.component_key

),

suspicions as (

    select
        *,
        -- One pole more than the other, and more than the fleet: a pole that
        -- is merely cool makes no contact of the other one.
        {{ suspicion([
            'abs(asymmetry_robust_z) / 4',
            'abs(ln(asymmetry_fleet_ratio)) / ln(1.15)',
            'ln(warmer_pole_fleet_ratio) / ln(1.1)',
        ]) }} as contact_resistance_suspicion,
        -- Both poles: the lesser of the two counts.
        {{ suspicion([
            'negative_steady_rise_robust_z / 3',
            'positive_steady_rise_robust_z / 3',
            'ln(negative_steady_rise_fleet_ratio) / ln(1.2)',
            'ln(positive_steady_rise_fleet_ratio) / ln(1.2)',
        ]) }} as weak_cooling_suspicion,
        -- All components of the site, not most of them: the coolest quarter may
        -- lag half of the limit behind.
        {{ suspicion([
            'site_baseline_robust_z / 3',
            'site_baseline_excess_c / 5',
            '(site_coolest_quarter_excess_c + 2.5) / 5',
        ]) }} as hot_site_suspicion,
        -- A single spike is two steps and up to one reading out of limits: no
        -- fault. A frozen run has lasted ten minutes or it is none.
        greatest(glitch_count / 4, frozen_seconds / 600) as sensor_trouble,
        -- Beyond a fault that is certain, its size matters less and less.
        if(sensor_trouble > 1, 1 + log10(sensor_trouble), sensor_trouble)
            as sensor_fault_suspicion
    from components

),

-- A broken sensor is found first: what it reads is no evidence of anything
-- else. Then an uneven pair of poles: weak cooling is even.
causes as (

    select
        *,
        greatest(
            contact_resistance_suspicion,
            weak_cooling_suspicion,
            hot_site_suspicion,
            sensor_fault_suspicion
        ) as suspicion,
        case
            when
                sensor_fault_suspicion >= 1
                or sensor_fault_suspicion > greatest(
                    contact_resistance_suspicion,
                    weak_cooling_suspicion,
                    hot_site_suspicion
                )
                then 'sensor_fault'
            when
                hot_site_suspicion > greatest(
                    contact_resistance_suspicion, weak_cooling_suspicion
                )
                then 'hot_site'
            when
                contact_resistance_suspicion >= least(weak_cooling_suspicion, 1)
                then 'contact_resistance'
            else 'weak_cooling'
        end as nearest_cause,
        case
            when suspicion >= 1 then 'named'
            when suspicion >= 0.5 then 'possible'
            else 'none'
        end as confidence,
        if(suspicion >= 0.5, nearest_cause, 'none') as likely_cause,
        median(time_constant_minutes) over (partition by judged_on)
            as fleet_time_constant_minutes,
        -- What cools less is slower in proportion; halfway is nearer to the
        -- contacts.
        nearest_cause = 'weak_cooling'
        and pow(time_constant_minutes / fleet_time_constant_minutes, 2)
        < least(
            negative_steady_rise_fleet_ratio,
            positive_steady_rise_fleet_ratio
        ) as is_hardly_slower
    from suspicions

),

scored_components as (

    select
        *,
        -- From 0 to 1: five minutes above the limit, or twenty alerts, are
        -- most of the way.
        1 - exp(
            -overheated_seconds / 300 - temperature_alert_count / 20
        ) as consequence,
        case
            -- Rounded up, 50 would say that a cause is named.
            when suspicion < 1
                then least(round(40 * suspicion + 10 * consequence, 1), 49.9)
            else round(50 + 30 * (1 - 1 / suspicion) + 20 * consequence, 1)
        end as concern_score
    from causes

)

select
    verdicts.judged_on,
    row_number() over (
        partition by verdicts.judged_on
        order by
            verdicts.concern_score desc,
            verdicts.peak_avg_temp_c desc nulls last,
            components.site_id asc,
            components.asset_id asc,
            components.component_id asc
    )::bigint as concern_rank,
    verdicts.component_key,
    components.site_id,
    components.asset_id,
    components.component_id,
    verdicts.likely_cause,
    verdicts.confidence,
    verdicts.nearest_cause,
    verdicts.concern_score,
    verdicts.suspicion,
    verdicts.contact_resistance_suspicion,
    verdicts.weak_cooling_suspicion,
    verdicts.hot_site_suspicion,
    verdicts.sensor_fault_suspicion,
    verdicts.temperature_alert_count,
    verdicts.overheated_seconds,
    verdicts.peak_avg_temp_c,
    verdicts.warmer_pole_fleet_ratio,
    verdicts.time_constant_minutes,
    verdicts.fleet_time_constant_minutes,
    verdicts.is_negative_warmer,
    verdicts.is_hardly_slower,
    verdicts.day_version
from scored_components as verdicts
inner join {{ ref('int_components') }} as components
    on verdicts.component_key = components.component_key
