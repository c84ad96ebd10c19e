-- One row per component and pole: the heat balance of the pole, over all its
-- stretches.
{%- set steps = section_steps() %}
with

sums as (

    select
        component_key,
        pole,
        {% for column in [
            'temp_temp', 'power_power', 'temp_power',
            'warming_warming', 'warming_temp', 'warming_power',
        ] -%}
            {{ exact_sum(column, 15) }} as {{ column }},
        {% endfor -%}
        sum(window_count)::bigint as window_count,
        sum(section_count)::bigint as section_count
    from {{ ref('int_stretch_balances') }}
    group by all

),

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
        -- steady state: that is a bad fit.
        heating > 0 and cooling > 0 as has_steady_state,
        -- Sections overlap: so many share the information of one.
        {{ steps }} * section_count / nullif(
            greatest(section_count - 2 * {{ steps }}, 0), 0
        ) as overlap
    from coefficients

),

heat_balances as (

    select
        component_key,
        pole,
        window_count,
        section_count,
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

select * from heat_balances
