-- One row per component, pole and UTC day with a heat balance: its rise for the
-- power on that day, and how the rise had changed by then.
with

thermal_days as (

    select * from {{ ref('int_thermal_days') }}

),

trends as (

    select * from {{ ref('int_thermal_trends') }}

),

baselines as (

    select
        judged_on,
        component_key,
        baseline_temp_c
    from {{ ref('int_component_baselines') }}

),

pole_days as (

    select
        component_key,
        day,
        total_imbalance_c / window_count as pole_imbalance_under_load_c
    from {{ ref('int_pole_days') }}

)

select
    components.site_id,
    components.asset_id,
    components.component_id,
    thermal_days.pole,
    thermal_days.steady_rise_c_at_100_kw,
    thermal_days.steady_rise_relative_error,
    trends.weekly_ratio,
    trends.change_ratio,
    trends.change_z,
    trends.growth_ratio,
    trends.growth_z,
    pole_days.pole_imbalance_under_load_c,
    baselines.baseline_temp_c,
    coalesce(trends.day_count, 0) as day_count,
    thermal_days.day,
    trends.changed_on
from thermal_days
inner join {{ ref('int_components') }} as components
    on thermal_days.component_key = components.component_key
left join trends
    on
        thermal_days.component_key = trends.component_key
        and thermal_days.pole = trends.pole
        and thermal_days.day = trends.judged_on
left join baselines
    on
        thermal_days.component_key = baselines.component_key
        and thermal_days.day = baselines.judged_on
left join pole_days
    on
        thermal_days.component_key = pole_days.component_key
        and thermal_days.day = pole_days.day
