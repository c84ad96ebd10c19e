-- One row per component: how its temperature responds to power, against the
-- fleet and against its own site, in the last days that the watchlist judges.
with

last_profiles as (

    select *
    from {{ ref('int_thermal_profiles') }}
    where
        judged_on = (
            select max(profiles.judged_on)
            from {{ ref('int_thermal_profiles') }} as profiles
        )

)

select
    components.site_id,
    components.asset_id,
    components.component_id,
    {% for column in [
        'baseline_temp_c', 'baseline_excess_c', 'site_baseline_excess_c',
        'site_coolest_quarter_excess_c', 'site_board_excess_c',
        'site_baseline_robust_z',
    ] -%}
        profiles.{{ column }},
    {% endfor -%}
    {% for pole in poles() -%}
        profiles.{{ pole }}_steady_rise_c_at_100_kw,
        profiles.{{ pole }}_steady_rise_relative_error,
        profiles.{{ pole }}_steady_rise_fleet_ratio,
        profiles.{{ pole }}_steady_rise_robust_z,
        profiles.{{ pole }}_steady_rise_site_robust_z,
        profiles.{{ pole }}_time_constant_seconds,
        profiles.{{ pole }}_balance_r_squared,
    {% endfor -%}
    profiles.asymmetry_fleet_ratio,
    profiles.asymmetry_robust_z,
    profiles.asymmetry_site_robust_z,
    profiles.pole_imbalance_under_load_c,
    {% for column in [
        'implausible_reading_count', 'impossible_step_count', 'glitch_count',
        'frozen_seconds', 'negative_window_count', 'positive_window_count',
        'rested_session_count',
    ] -%}
        coalesce(profiles.{{ column }}, 0) as {{ column }},
    {% endfor -%}
    coalesce(profiles.is_conclusive, false) as is_conclusive
from {{ ref('int_components') }} as components
left join last_profiles as profiles
    on components.component_key = profiles.component_key
