-- One row per judged day and component with a reading or an alert in the days
-- that are judged: how strongly each cause is suspected, and what has happened.
-- A suspicion of 1 names a cause.
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
        on
            watched_days.component_key = alerts.component_key
            and watched_days.day = alerts.fired_at::date
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
        on
            watched_days.component_key = hours.component_key
            and watched_days.day = hours.hour_start::date
    group by watched_days.judged_on, hours.component_key

),

trends as (

    select *
    from {{ ref('int_thermal_trends') }}
    where {{ is_day_to_build(days, 'judged_on') }}

),

components as (

    select
        profiles.*,
        coalesce(temperature_alerts.temperature_alert_count, 0)
            as temperature_alert_count,
        coalesce(overheated_components.overheated_seconds, 0)
            as overheated_seconds,
        overheated_components.peak_avg_temp_c,
        {% for pole in poles() -%}
            {{ pole }}.growth_ratio as {{ pole }}_growth_ratio,
            {{ pole }}.growth_z as {{ pole }}_growth_z,
            {{ pole }}.changed_on as {{ pole }}_changed_on,
        {% endfor -%}
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
    {% for pole in poles() -%}
        left join trends as {{ pole }}
            on
                profiles.judged_on = {{ pole }}.judged_on
                and profiles.component_key = {{ pole }}.component_key
                and {{ pole }}.pole = '{{ pole }}'
    {% endfor -%}

),

-- A pole whose rise has grown by 25 %, and by 15 % more than the other pole, is
-- worth a row even while it is within the normal range. So is a handle whose
-- poles have both grown by 25 %.
growths as (

    select
        *,
        {{ suspicion([
            'if(negative_growth_ratio > positive_growth_ratio,'
            ~ ' negative_growth_z, positive_growth_z) / 4',
            'ln(greatest(negative_growth_ratio, positive_growth_ratio))'
            ~ ' / ln(1.25)',
            'abs(ln(negative_growth_ratio / positive_growth_ratio)) / ln(1.15)',
        ]) }} as one_pole_growth,
        {{ suspicion([
            'negative_growth_z / 4',
            'positive_growth_z / 4',
            'ln(negative_growth_ratio) / ln(1.25)',
            'ln(positive_growth_ratio) / ln(1.25)',
        ]) }} as both_poles_growth
    from components

),

uneven_poles as (

    select
        *,
        -- A warm site also warms its boards: where boards are read, they show
        -- at least half of the excess. least() ignores unknown values.
        least(site_baseline_excess_c, 2 * site_board_excess_c)
            as witnessed_site_excess_c,
        -- A week of warm weather does not make a hot site. Where earlier weeks
        -- are known, the excess must have been there then, too.
        least(
            witnessed_site_excess_c,
            site_baseline_excess_c - site_baseline_change_c
        ) as lasting_site_excess_c,
        case
            when one_pole_growth > abs(coalesce(asymmetry_robust_z, 0)) / 4
                then negative_growth_ratio > positive_growth_ratio
            else coalesce(asymmetry_robust_z >= 0, false)
        end as is_negative_warmer,
        if(
            is_negative_warmer,
            negative_steady_rise_fleet_ratio,
            positive_steady_rise_fleet_ratio
        ) as warmer_pole_fleet_ratio
    from growths

),

suspicions as (

    select
        *,
        -- One pole against the other, and against the fleet: one cool pole does
        -- not mean that the other has a bad contact.
        greatest(
            {{ suspicion([
                'abs(asymmetry_robust_z) / 4',
                'abs(ln(asymmetry_fleet_ratio)) / ln(1.15)',
                'ln(warmer_pole_fleet_ratio) / ln(1.1)',
            ]) }},
            one_pole_growth
        ) as contact_resistance_suspicion,
        -- Both poles must qualify, so the lower suspicion counts.
        greatest(
            {{ suspicion([
                'negative_steady_rise_robust_z / 3',
                'positive_steady_rise_robust_z / 3',
                'ln(negative_steady_rise_fleet_ratio) / ln(1.2)',
                'ln(positive_steady_rise_fleet_ratio) / ln(1.2)',
            ]) }},
            both_poles_growth
        ) as weak_cooling_suspicion,
        -- All components of the site, not just most: the coolest quarter may
        -- lag behind by half the limit. Where sites differ much anyway, the
        -- size of the excess decides, with a lower limit if the boards are
        -- warm, too. A site that has become warmer than in the weeks before
        -- also counts.
        greatest(
            {{ suspicion([
                'site_baseline_robust_z / 3',
                'lasting_site_excess_c / 5',
                '(site_coolest_quarter_excess_c + 2.5) / 5',
            ]) }},
            {{ suspicion([
                'site_baseline_robust_z / if(site_board_excess_c >= 10, 1.5, 2)',
                'lasting_site_excess_c / 10',
                '(site_coolest_quarter_excess_c + 5) / 10',
            ]) }},
            {{ suspicion([
                'site_baseline_change_z / 4',
                'site_baseline_change_c / 5',
                'witnessed_site_excess_c / 2.5',
            ]) }}
        ) as hot_site_suspicion,
        -- One spike is two steps and at most one reading out of limits, which
        -- is not a fault yet. A frozen run lasts at least ten minutes.
        greatest(glitch_count / 4, frozen_seconds / 600) as sensor_trouble,
        -- Once a fault is certain, its size matters less and less.
        if(sensor_trouble > 1, 1 + log10(sensor_trouble), sensor_trouble)
            as sensor_fault_suspicion,
        site_baseline_robust_z is not null as is_site_judged
    from uneven_poles

)

select
    judged_on,
    component_key,
    contact_resistance_suspicion,
    weak_cooling_suspicion,
    hot_site_suspicion,
    sensor_fault_suspicion,
    temperature_alert_count,
    overheated_seconds,
    peak_avg_temp_c,
    least(negative_steady_rise_fleet_ratio, positive_steady_rise_fleet_ratio)
        as cooler_pole_fleet_ratio,
    warmer_pole_fleet_ratio,
    time_constant_minutes,
    -- The growth that the evidence text reports.
    case
        when
            if(is_negative_warmer, negative_growth_z, positive_growth_z) >= 4
            then
                if(
                    is_negative_warmer,
                    negative_growth_ratio,
                    positive_growth_ratio
                )
    end as warmer_pole_growth_ratio,
    is_negative_warmer,
    is_site_judged,
    if(is_negative_warmer, negative_changed_on, positive_changed_on)
        as warmer_pole_changed_on,
    day_version
from suspicions
