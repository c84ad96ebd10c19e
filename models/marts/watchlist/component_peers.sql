-- One row per component and measure: its value against the healthy components
-- (those without a named cause), and against the others of its site.
{%- set causes = [
    'contact_resistance', 'weak_cooling', 'hot_site', 'sensor_fault',
] %}
with

components as (

    select
        profiles.*,
        {{ component_key(
            'profiles.site_id', 'profiles.asset_id', 'profiles.component_id'
        ) }} as component_key,
        watchlist.confidence <> 'named' as is_healthy,
        {% for cause in causes -%}
            watchlist.{{ cause }}_suspicion >= 1 as is_{{ cause }},
        {% endfor -%}
        profiles.asymmetry_robust_z >= 0 as is_negative_warmer
    from {{ ref('component_thermal_profile') }} as profiles
    inner join {{ ref('component_watchlist') }} as watchlist
        on
            profiles.site_id = watchlist.site_id
            and profiles.asset_id = watchlist.asset_id
            and profiles.component_id = watchlist.component_id

),

-- The watchlist alone applies the limits: a suspicion of 1 means that all
-- limits of the cause are exceeded. An estimate without a fleet ratio is too
-- uncertain.
profile_measures as (

    {% for pole in poles() -%}
        select
            site_id,
            asset_id,
            component_id,
            '{{ pole }}_steady_rise_c_at_100_kw' as measure,
            null::double as recent_power_kw,
            case
                when {{ pole }}_steady_rise_fleet_ratio is not null
                    then {{ pole }}_steady_rise_c_at_100_kw
            end as own_value,
            {{ pole }}_steady_rise_fleet_ratio as fleet_ratio,
            {{ pole }}_steady_rise_robust_z as robust_z,
            is_healthy,
            is_weak_cooling
            or (
                is_contact_resistance
                and {{ 'not' if pole == 'positive' }} is_negative_warmer
            ) as is_flagged
        from components
        union all
        select
            site_id,
            asset_id,
            component_id,
            '{{ pole }}_time_constant_seconds' as measure,
            null::double as recent_power_kw,
            case
                when {{ pole }}_steady_rise_fleet_ratio is not null
                    then {{ pole }}_time_constant_seconds
            end as own_value,
            null::double as fleet_ratio,
            null::double as robust_z,
            is_healthy,
            null::boolean as is_flagged
        from components
        union all
    {% endfor -%}
    {% for measure, value, fleet_ratio, robust_z, flag in [
        (
            'steady_rise_asymmetry',
            'case when asymmetry_fleet_ratio is not null'
            ~ ' then negative_steady_rise_c_at_100_kw'
            ~ ' / positive_steady_rise_c_at_100_kw end',
            'asymmetry_fleet_ratio',
            'asymmetry_robust_z',
            'is_contact_resistance',
        ),
        (
            'pole_imbalance_under_load_c',
            'pole_imbalance_under_load_c',
            'null::double',
            'null::double',
            'null::boolean',
        ),
        (
            'baseline_excess_c',
            'baseline_excess_c',
            'null::double',
            'null::double',
            'null::boolean',
        ),
        (
            'site_baseline_excess_c',
            'site_baseline_excess_c',
            'null::double',
            'site_baseline_robust_z',
            'is_hot_site',
        ),
        (
            'glitch_count',
            'glitch_count::double',
            'null::double',
            'null::double',
            'is_sensor_fault and glitch_count >= 4',
        ),
        (
            'frozen_seconds',
            'frozen_seconds::double',
            'null::double',
            'null::double',
            'is_sensor_fault and frozen_seconds >= 600',
        ),
    ] -%}
        select
            site_id,
            asset_id,
            component_id,
            '{{ measure }}' as measure,
            null::double as recent_power_kw,
            {{ value }} as own_value,
            {{ fleet_ratio }} as fleet_ratio,
            {{ robust_z }} as robust_z,
            is_healthy,
            {{ flag }} as is_flagged
        from components
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

pole_windows as (

    {% for pole in poles() -%}
        select
            component_key,
            '{{ pole }}' as pole,
            20 * floor(recent_power_kw / 20)::bigint + 10 as recent_power_kw,
            {{ pole }}_temp_c as temp_c
        from {{ ref('int_thermal_windows') }}
        where recent_power_kw is not null and {{ pole }}_temp_c is not null
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

-- A mean needs at least two minutes of windows.
pole_temperatures as (

    select
        component_key,
        pole,
        recent_power_kw,
        {{ mean('temp_c') }} as temp_c
    from pole_windows
    group by all
    having count(*) * {{ var('window_seconds') }} >= 120

),

pole_measures as (

    select
        components.site_id,
        components.asset_id,
        components.component_id,
        temperatures.pole || '_temp_c_at_' || temperatures.recent_power_kw
        || '_kw' as measure,
        temperatures.recent_power_kw::double as recent_power_kw,
        temperatures.temp_c as own_value,
        null::double as fleet_ratio,
        null::double as robust_z,
        components.is_healthy,
        null::boolean as is_flagged
    from pole_temperatures as temperatures
    inner join components
        on temperatures.component_key = components.component_key

),

measures as (

    select * from profile_measures
    union all
    select * from pole_measures

),

healthy_values as (

    select
        measure,
        percentile_cont(0.1) within group (order by own_value)
            as healthy_p10_value,
        median(own_value) as healthy_median_value,
        percentile_cont(0.9) within group (order by own_value)
            as healthy_p90_value,
        count(own_value) as healthy_component_count
    from measures
    where is_healthy
    group by measure

),

neighbour_values as (

    select
        own.site_id,
        own.asset_id,
        own.component_id,
        own.measure,
        median(neighbours.own_value) as neighbour_median_value
    from measures as own
    inner join measures as neighbours
        on
            own.site_id = neighbours.site_id
            and own.measure = neighbours.measure
    where
        own.asset_id <> neighbours.asset_id
        or own.component_id <> neighbours.component_id
    group by own.site_id, own.asset_id, own.component_id, own.measure

)

select
    measures.site_id,
    measures.asset_id,
    measures.component_id,
    measures.measure,
    measures.recent_power_kw,
    measures.own_value,
    healthy_values.healthy_p10_value,
    healthy_values.healthy_median_value,
    healthy_values.healthy_p90_value,
    neighbour_values.neighbour_median_value,
    measures.fleet_ratio,
    measures.robust_z,
    coalesce(healthy_values.healthy_component_count, 0)
        as healthy_component_count,
    measures.is_flagged
from measures
left join healthy_values on measures.measure = healthy_values.measure
left join neighbour_values
    on
        measures.site_id = neighbour_values.site_id
        and measures.asset_id = neighbour_values.asset_id
        and measures.component_id = neighbour_values.component_id
        and measures.measure = neighbour_values.measure
