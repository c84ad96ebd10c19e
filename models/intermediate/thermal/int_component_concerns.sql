-- One row per component: how strongly each cause is suspected, 1 being the
-- least that names it.
--
-- A cause needs a deviation that is both unlikely (robust z) and large enough
-- to matter (ratio or degrees), so its strength is the lesser of the two.
with

profiles as (

    select
        *,
        asymmetry_robust_z >= 0 as is_negative_warmer
    from {{ ref('component_thermal_profile') }}

),

alerts as (

    select
        site_id,
        asset_id,
        component_id,
        count(*) as temperature_alert_count
    from {{ ref('int_alerts') }}
    where is_temperature_related
    group by all

),

episodes as (

    select
        site_id,
        asset_id,
        component_id,
        sum(duration_seconds) as overheated_seconds,
        max(peak_avg_temp_c) as peak_avg_temp_c
    from {{ ref('overheating_episodes') }}
    where not is_sensor_suspect
    group by all

),

suspicions as (

    select
        profiles.*,
        -- One pole more than the other, and more than the fleet.
        case
            when
                if(
                    is_negative_warmer,
                    negative_recent_rise_fleet_ratio,
                    positive_recent_rise_fleet_ratio
                ) > 1
                then least(
                    abs(asymmetry_robust_z) / 4,
                    abs(ln(asymmetry_fleet_ratio)) / ln(1.15)
                )
        end as contact_resistance_suspicion,
        -- Both poles: the lesser of the two counts.
        least(
            negative_steady_rise_robust_z / 3,
            positive_steady_rise_robust_z / 3,
            ln(negative_steady_rise_fleet_ratio) / ln(1.2),
            ln(positive_steady_rise_fleet_ratio) / ln(1.2)
        ) as weak_cooling_suspicion,
        least(site_baseline_robust_z / 3, site_baseline_excess_c / 4)
            as hot_site_suspicion,
        -- A single glitch is no fault; beyond that the number matters less
        -- and less. A frozen run has lasted ten minutes or it is none.
        greatest(
            implausible_reading_count / 2.0, frozen_seconds / 600.0
        ) as sensor_trouble,
        coalesce(alerts.temperature_alert_count, 0)
            as temperature_alert_count,
        coalesce(episodes.overheated_seconds, 0) as overheated_seconds,
        episodes.peak_avg_temp_c
    from profiles
    left join alerts using (site_id, asset_id, component_id)
    left join episodes using (site_id, asset_id, component_id)

),

concerns as (

    select
        * exclude (
            contact_resistance_suspicion,
            weak_cooling_suspicion,
            hot_site_suspicion
        ),
        greatest(coalesce(contact_resistance_suspicion, 0), 0)
            as contact_resistance_suspicion,
        greatest(coalesce(weak_cooling_suspicion, 0), 0)
            as weak_cooling_suspicion,
        greatest(coalesce(hot_site_suspicion, 0), 0) as hot_site_suspicion,
        if(sensor_trouble > 1, 1 + log10(sensor_trouble), sensor_trouble)
            as sensor_fault_suspicion
    from suspicions

)

select
    site_id,
    asset_id,
    component_id,
    is_negative_warmer,
    contact_resistance_suspicion,
    weak_cooling_suspicion,
    hot_site_suspicion,
    sensor_fault_suspicion,
    temperature_alert_count,
    overheated_seconds,
    peak_avg_temp_c
from concerns
