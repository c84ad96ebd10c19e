-- One row per component: what its temperature does for its power, against the
-- fleet and against its own site.
with

thermals as (

    select * from {{ ref('int_component_thermals') }}

),

centred_thermals as (

    select
        {% for measure in thermal_measures() -%}
            log_{{ measure }} - median(log_{{ measure }}) over ()
                as {{ measure }}_over_fleet,
            log_{{ measure }} - median(log_{{ measure }}) over site
                as {{ measure }}_over_site,
            count(log_{{ measure }}) over () as {{ measure }}_fleet_count,
            count(log_{{ measure }}) over site as {{ measure }}_site_count,
        {% endfor -%}
        *
    from thermals
    window site as (partition by site_id)

),

spreads as (

    select
        {% for measure in thermal_measures() -%}
            median(abs({{ measure }}_over_fleet))
                as {{ measure }}_fleet_mad,
            -- A site has too few components for a spread of its own: that of
            -- all components around their sites serves for all sites.
            median(
                case
                    when {{ measure }}_site_count >= 3
                        then abs({{ measure }}_over_site)
                end
            ) as {{ measure }}_site_mad,
        {% endfor -%}
        count(*) as component_count
    from centred_thermals

),

compared_thermals as (

    select
        centred_thermals.*,
        spreads.*
    from centred_thermals
    cross join spreads

),

-- Among fewer than five components none is unusual, nor among fewer than
-- three of a site. Two percent is what equal handles differ by at least.
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

-- How far the poles differ while the component works hard.
pole_windows as (

    select
        component_key,
        avg_power_kw,
        negative_temp_c - positive_temp_c as pole_imbalance_c
    from {{ ref('int_thermal_windows') }}
    where negative_temp_c is not null and positive_temp_c is not null

),

fleet_load as (

    select median(avg_power_kw) as median_power_kw from pole_windows

),

pole_imbalances as (

    select
        component_key,
        {{ mean('pole_imbalance_c') }} as pole_imbalance_under_load_c
    from pole_windows
    -- Not a join by `>=`, for which Spark sends all windows to every worker.
    where avg_power_kw >= (select fleet_load.median_power_kw from fleet_load)
    group by component_key

),

sensor_troubles as (

    select
        component_key,
        sum(implausible_reading_count)::bigint as implausible_reading_count,
        sum(impossible_step_count)::bigint as impossible_step_count,
        max(glitch_count) as glitch_count,
        max(frozen_seconds) as frozen_seconds
    from {{ ref('int_sensor_troubles') }}
    group by component_key

)

select
    thermals.site_id,
    thermals.asset_id,
    thermals.component_id,
    baselines.baseline_temp_c,
    baselines.baseline_excess_c,
    baselines.site_baseline_excess_c,
    baselines.site_coolest_quarter_excess_c,
    baselines.site_baseline_robust_z,
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
    thermals.log_asymmetry is not null as is_conclusive
from scored_thermals as thermals
inner join {{ ref('int_component_baselines') }} as baselines
    using (component_key)
left join pole_imbalances using (component_key)
left join sensor_troubles using (component_key)
