{% macro recent_power_seconds() -%}
    {#- How long past power affects a handle's temperature: about one and a half
        time constants of a healthy pole. -#}
    {{- return(480) -}}
{%- endmacro %}


{% macro thermal_measures() -%}
    {#- The logarithms that component_thermal_profile compares with the fleet
        and with the site. -#}
    {{- return([
        'negative_steady_rise', 'positive_steady_rise', 'asymmetry',
    ]) -}}
{%- endmacro %}


{% macro section_steps() -%}
    {#- The number of windows from the start of a section to its end: four
        minutes. -#}
    {{- return([240 // window_length(), 1] | max) -}}
{%- endmacro %}


{% macro idle_power_kw() -%}
    {#- LM_powerLimit stays at 20 kW while a handle is plugged in and idle. -#}
    {{- return(25) -}}
{%- endmacro %}


{% macro derated_ratio() -%}
    {#- Without foldback, almost no window falls below it: one or two in a
        generated fleet of 40 handles and three days. -#}
    {{- return(0.75) -}}
{%- endmacro %}


{% macro heat_balance_sums() -%}
    {#- SQL: the columns of several rows of int_stretch_balances, called
        balances, summed up. -#}
    {% for column in [
        'temp_temp', 'power_power', 'temp_power',
        'warming_warming', 'warming_temp', 'warming_power',
    ] -%}
        {{ exact_sum('balances.' ~ column, 15) }} as {{ column }},
    {% endfor -%}
    sum(balances.window_count)::bigint as window_count,
    sum(balances.section_count)::bigint as section_count
{%- endmacro %}


{% macro heat_balances(keys) -%}
    {#- SQL: CTEs, the last of them heat_balances: steady rise, time constant
        and fit from the sums in a CTE called sums (heat_balance_sums).
        keys: the columns of sums to keep. -#}
{%- set steps = section_steps() %}
determinants as (

    select
        *,
        power_power * temp_temp - temp_power * temp_power as determinant
    from sums

),

-- The normal equations of two regressors.
coefficients as (

    select
        *,
        (warming_power * temp_temp - warming_temp * temp_power)
        / nullif(determinant, 0) as heating,
        (warming_power * temp_power - warming_temp * power_power)
        / nullif(determinant, 0) as cooling
    from determinants

),

residuals as (

    select
        *,
        case
            when heating is not null
                then
                    greatest(
                        warming_warming
                        - heating * warming_power
                        + cooling * warming_temp,
                        0
                    )
        end as residual_residual,
        -- A handle that does not cool, or that power does not heat, has no
        -- steady state: the fit is bad.
        heating > 0 and cooling > 0 as has_steady_state,
        -- Sections overlap: this many sections have the information of one.
        {{ steps }} * section_count / nullif(
            greatest(section_count - 2 * {{ steps }}, 0), 0
        ) as overlap
    from coefficients

),

heat_balances as (

    select
        {% for key in keys -%}
            {{ key }},
        {% endfor -%}
        window_count,
        case when has_steady_state then 1e4 * heating / cooling end
            as steady_rise_c_at_100_kw,
        case when has_steady_state then 1 / cooling end
            as time_constant_seconds,
        1 - residual_residual / nullif(warming_warming, 0) as r_squared,
        -- Error propagation to the logarithm of heating over cooling.
        case
            when has_steady_state
                then
                    sqrt(
                        overlap
                        * residual_residual
                        / section_count
                        * greatest(
                            temp_temp / (heating * heating)
                            + power_power / (cooling * cooling)
                            - 2 * temp_power / (heating * cooling),
                            0
                        )
                        / determinant
                    )
        end as steady_rise_relative_error
    from residuals

)
{%- endmacro %}
