-- One row per component, ranked: 1 is the one to look at first.
with

profiles as (

    select * from {{ ref('component_thermal_profile') }}

),

temperature_alerts as (

    select
        site_id,
        asset_id,
        component_id,
        count(*) as temperature_alert_count
    from {{ ref('int_alerts') }}
    where is_temperature_related
    group by all

),

overheated_components as (

    select
        components.site_id,
        components.asset_id,
        components.component_id,
        {{ exact_sum('hours.overheated_seconds') }} as overheated_seconds,
        max(hours.peak_trusted_avg_temp_c) as peak_avg_temp_c
    from {{ ref('int_overheated_hours') }} as hours
    inner join {{ ref('int_components') }} as components
        on hours.component_key = components.component_key
    group by all

),

worst_sensors as (

    select *
    from {{ ref('int_sensor_troubles') }}
    qualify
        row_number() over (
            partition by site_id, asset_id, component_id
            order by
                greatest(glitch_count / 4, frozen_seconds / 600) desc,
                signal_name asc
        ) = 1

),

components as (

    select
        profiles.*,
        coalesce(temperature_alerts.temperature_alert_count, 0)
            as temperature_alert_count,
        coalesce(overheated_components.overheated_seconds, 0)
            as overheated_seconds,
        overheated_components.peak_avg_temp_c,
        worst_sensors.signal_name as suspect_signal_name,
        worst_sensors.implausible_reading_count as suspect_reading_count,
        worst_sensors.lowest_implausible_temp_c,
        worst_sensors.highest_implausible_temp_c,
        worst_sensors.largest_step_c,
        worst_sensors.frozen_seconds as suspect_frozen_seconds,
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
    left join temperature_alerts using (site_id, asset_id, component_id)
    left join overheated_components using (site_id, asset_id, component_id)
    left join worst_sensors using (site_id, asset_id, component_id)

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
        if(suspicion >= 1, nearest_cause, 'none') as likely_cause,
        suspicion >= 0.5 as is_worth_watching,
        median(time_constant_minutes) over () as fleet_time_constant_minutes,
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
        end as concern_score,
        {{ evidence(ref('int_signals')) }} as evidence
    from causes

)

select
    row_number() over (
        order by
            components.concern_score desc,
            components.peak_avg_temp_c desc nulls last,
            components.site_id asc,
            components.asset_id asc,
            components.component_id asc
    )::bigint as concern_rank,
    components.site_id,
    components.asset_id,
    components.component_id,
    components.likely_cause,
    components.evidence,
    cause.next_step
    || if(
        components.likely_cause = 'none' and components.is_worth_watching,
        ' yet; if it grows: ' || nearest_cause.next_step,
        ''
    )
    || if(components.is_hardly_slower, '; measure both contacts, too', '')
        as next_step,
    components.suspect_signal_name,
    components.concern_score,
    components.contact_resistance_suspicion,
    components.weak_cooling_suspicion,
    components.hot_site_suspicion,
    components.sensor_fault_suspicion,
    components.negative_steady_rise_fleet_ratio,
    components.positive_steady_rise_fleet_ratio,
    components.asymmetry_robust_z,
    components.pole_imbalance_under_load_c,
    components.site_baseline_excess_c,
    components.implausible_reading_count,
    components.frozen_seconds,
    components.temperature_alert_count,
    components.overheated_seconds,
    components.peak_avg_temp_c,
    components.is_conclusive
from scored_components as components
inner join {{ ref('cause_catalog') }} as cause
    on components.likely_cause = cause.likely_cause
inner join {{ ref('cause_catalog') }} as nearest_cause
    on components.nearest_cause = nearest_cause.likely_cause
order by concern_rank
