-- One row per component and pole: what its temperature does for its power.
with

chosen_span as (

    select span_minutes from {{ ref('int_thermal_spans') }}
    where is_chosen

),

sums as (

    select
        stretches.site_id,
        stretches.asset_id,
        stretches.component_id,
        stretches.pole,
        sum(stretches.window_count)::bigint as window_count,
        count(*) as stretch_count,
        {% for column in [
            'temp_temp', 'power_power', 'temp_power',
            'warming_warming', 'warming_temp', 'warming_power',
        ] -%}
            sum({{ column }}) as {{ column }},
        {% endfor -%}
        case chosen_span.span_minutes
            {% for minutes in thermal_spans() -%}
                when {{ minutes }}
                    then sum(power_{{ minutes }}_power_{{ minutes }})
            {% endfor -%}
        end as recent_power_power,
        case chosen_span.span_minutes
            {% for minutes in thermal_spans() -%}
                when {{ minutes }} then sum(temp_power_{{ minutes }})
            {% endfor -%}
        end as temp_recent_power,
        chosen_span.span_minutes
    from {{ ref('int_thermal_stretches') }} as stretches
    cross join chosen_span
    group by
        stretches.site_id,
        stretches.asset_id,
        stretches.component_id,
        stretches.pole,
        chosen_span.span_minutes

),

-- The heat balance, warming = heating × power² − cooling × (temperature −
-- baseline), is a regression with two regressors; these are its normal
-- equations.
coefficients as (

    select
        *,
        (warming_power * temp_temp - warming_temp * temp_power)
        / nullif(power_power * temp_temp - temp_power * temp_power, 0)
            as heating,
        (warming_power * temp_power - warming_temp * power_power)
        / nullif(power_power * temp_temp - temp_power * temp_power, 0)
            as cooling
    from sums

),

fits as (

    select
        site_id,
        asset_id,
        component_id,
        pole,
        window_count,
        stretch_count,
        span_minutes,
        1e4 * temp_recent_power / nullif(recent_power_power, 0)
            as recent_rise_c_at_100_kw,
        temp_recent_power
        / nullif(sqrt(recent_power_power * temp_temp), 0) as correlation,
        -- A handle that does not cool, or is not heated by power, has no
        -- steady state: that is a bad fit.
        case
            when heating > 0 and cooling > 0 then 1e4 * heating / cooling
        end as steady_rise_c_at_100_kw,
        case when cooling > 0 then 1 / cooling end as time_constant_seconds,
        (heating * warming_power - cooling * warming_temp)
        / nullif(warming_warming, 0) as balance_r_squared
    from coefficients

)

select * from fits
