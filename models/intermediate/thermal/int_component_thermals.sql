-- One row per component: its thermal measures, both poles side by side.
with

components as (

    select * from {{ ref('int_components') }}

),

fits as (

    select * from {{ ref('int_heat_balances') }}

),

baselines as (

    select
        component_key,
        median(start_temp_c) as baseline_temp_c,
        median(baseline_excess_c) as baseline_excess_c,
        count(*) as rested_session_count
    from {{ ref('int_session_baselines') }}
    group by component_key

),

component_thermals as (

    select
        components.component_key,
        components.site_id,
        components.asset_id,
        components.component_id,
        {% for pole in poles() -%}
            {{ pole }}.steady_rise_c_at_100_kw
                as {{ pole }}_steady_rise_c_at_100_kw,
            {{ pole }}.time_constant_seconds
                as {{ pole }}_time_constant_seconds,
            {{ pole }}.r_squared as {{ pole }}_balance_r_squared,
            -- Little data means no verdict: an estimate that may be off by its
            -- own size gives none.
            -- Logarithms: twice the rise and half of it are equally far off.
            case
                when
                    {{ pole }}.steady_rise_relative_error < 1
                    and {{ pole }}.steady_rise_c_at_100_kw > 0
                    then ln({{ pole }}.steady_rise_c_at_100_kw)
            end as log_{{ pole }}_steady_rise,
            {{ pole }}.steady_rise_relative_error
                as {{ pole }}_steady_rise_error,
        {% endfor -%}
        log_negative_steady_rise - log_positive_steady_rise as log_asymmetry,
        sqrt(
            pow(negative.steady_rise_relative_error, 2)
            + pow(positive.steady_rise_relative_error, 2)
        ) as asymmetry_error,
        baselines.baseline_temp_c,
        baselines.baseline_excess_c,
        coalesce(baselines.rested_session_count, 0) as rested_session_count,
        coalesce(negative.window_count, 0) as negative_window_count,
        coalesce(positive.window_count, 0) as positive_window_count
    from components
    {% for pole in poles() -%}
        left join fits as {{ pole }}
            on
                components.component_key = {{ pole }}.component_key
                and {{ pole }}.pole = '{{ pole }}'
    {% endfor -%}
    left join baselines
        on components.component_key = baselines.component_key

)

select * from component_thermals
