-- One row per component: its thermal measures, both poles side by side.
with

components as (

    select * from {{ ref('int_components') }}

),

-- Little data means no verdict: an hour in use, in three stretches, whose
-- temperatures the recent power explains at least in part.
fits as (

    select
        *,
        coalesce(
            window_count * {{ var('window_seconds') }} >= 3600
            and stretch_count >= 3
            and correlation > 0.5
            and steady_rise_c_at_100_kw is not null,
            false
        ) as is_conclusive,
        -- Windows within one span of time are not independent.
        sqrt(
            (1 - pow(correlation, 2))
            / nullif(pow(correlation, 2), 0)
            * (span_minutes * 60)
            / (window_count * {{ var('window_seconds') }})
        ) as relative_error
    from {{ ref('int_thermal_fits') }}

),

baselines as (

    select
        site_id,
        asset_id,
        component_id,
        median(start_temp_c) as baseline_temp_c,
        median(baseline_excess_c) as baseline_excess_c,
        count(*) as rested_session_count
    from {{ ref('int_session_baselines') }}
    group by all

),

component_thermals as (

    select
        components.site_id,
        components.asset_id,
        components.component_id,
        {% for pole in poles() -%}
            {{ pole }}.recent_rise_c_at_100_kw
                as {{ pole }}_recent_rise_c_at_100_kw,
            {{ pole }}.steady_rise_c_at_100_kw
                as {{ pole }}_steady_rise_c_at_100_kw,
            {{ pole }}.time_constant_seconds
                as {{ pole }}_time_constant_seconds,
            {{ pole }}.correlation as {{ pole }}_correlation,
            {{ pole }}.balance_r_squared as {{ pole }}_balance_r_squared,
            -- Logarithms: twice the rise and half of it are equally far off.
            case
                when {{ pole }}.is_conclusive
                    then ln({{ pole }}.recent_rise_c_at_100_kw)
            end as log_{{ pole }}_recent_rise,
            case
                when {{ pole }}.is_conclusive
                    then ln({{ pole }}.steady_rise_c_at_100_kw)
            end as log_{{ pole }}_steady_rise,
        {% endfor -%}
        log_negative_recent_rise - log_positive_recent_rise as log_asymmetry,
        greatest(
            negative.relative_error, positive.relative_error
        ) as relative_error,
        baselines.baseline_temp_c,
        baselines.baseline_excess_c,
        coalesce(baselines.rested_session_count, 0) as rested_session_count,
        coalesce(negative.window_count, 0) as negative_window_count,
        coalesce(positive.window_count, 0) as positive_window_count
    from components
    {% for pole in poles() -%}
        left join fits as {{ pole }}
            on
                components.site_id = {{ pole }}.site_id
                and components.asset_id = {{ pole }}.asset_id
                and components.component_id = {{ pole }}.component_id
                and {{ pole }}.pole = '{{ pole }}'
    {% endfor -%}
    left join baselines
        on
            components.site_id = baselines.site_id
            and components.asset_id = baselines.asset_id
            and components.component_id = baselines.component_id

)

select * from component_thermals
