-- One row per component: how strongly each cause is suspected, 1 being the
-- least that names it.
--
-- A cause needs a deviation that is both unlikely (robust z) and large enough
-- to matter (ratio or degrees), so its strength is the lesser of the two. Where
-- there is no z, there is no suspicion: least() would pass over the null.
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

deviations as (

    select
        *,
        -- One pole more than the other, and more than the fleet: a pole that
        -- is merely cool makes no contact of the other one.
        case
            when asymmetry_robust_z is not null
                then
                    least(
                        abs(asymmetry_robust_z) / 4,
                        abs(ln(asymmetry_fleet_ratio)) / ln(1.15),
                        ln(
                            if(
                                is_negative_warmer,
                                negative_steady_rise_fleet_ratio,
                                positive_steady_rise_fleet_ratio
                            )
                        ) / ln(1.1)
                    )
        end as contact_resistance,
        -- Both poles: the lesser of the two counts.
        case
            when
                negative_steady_rise_robust_z is not null
                and positive_steady_rise_robust_z is not null
                then
                    least(
                        negative_steady_rise_robust_z / 3,
                        positive_steady_rise_robust_z / 3,
                        ln(negative_steady_rise_fleet_ratio) / ln(1.2),
                        ln(positive_steady_rise_fleet_ratio) / ln(1.2)
                    )
        end as weak_cooling,
        -- All of its components, not most of them: the coolest quarter may
        -- lag half of the limit behind.
        case
            when site_baseline_robust_z is not null
                then
                    least(
                        site_baseline_robust_z / 3,
                        site_baseline_excess_c / 5,
                        (site_coolest_quarter_excess_c + 2.5) / 5
                    )
        end as hot_site,
        -- A single spike is two steps and up to one reading out of limits: no
        -- fault. A frozen run has lasted ten minutes or it is none.
        greatest(glitch_count / 4, frozen_seconds / 600) as sensor_trouble
    from profiles

),

suspicions as (

    select
        site_id,
        asset_id,
        component_id,
        coalesce(is_negative_warmer, false) as is_negative_warmer,
        greatest(coalesce(contact_resistance, 0), 0)
            as contact_resistance_suspicion,
        greatest(coalesce(weak_cooling, 0), 0) as weak_cooling_suspicion,
        greatest(coalesce(hot_site, 0), 0) as hot_site_suspicion,
        -- Beyond a fault that is certain, its size matters less and less.
        if(sensor_trouble > 1, 1 + log10(sensor_trouble), sensor_trouble)
            as sensor_fault_suspicion
    from deviations

),

concerns as (

    select
        suspicions.*,
        coalesce(alerts.temperature_alert_count, 0)
            as temperature_alert_count,
        coalesce(overheated_components.overheated_seconds, 0)
            as overheated_seconds,
        overheated_components.peak_avg_temp_c
    from suspicions
    left join alerts using (site_id, asset_id, component_id)
    left join overheated_components using (site_id, asset_id, component_id)

)

select * from concerns
