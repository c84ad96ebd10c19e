-- One row per component and pole: the heat balance of the pole.
--
-- warming = heating × power² − cooling × (temperature − baseline), with the
-- means of power² and temperature over four minutes and the warming from their
-- first window to their last. Over 30 s the sensor's noise would stand on both
-- sides of the equation and make every handle look well cooled; over minutes
-- it is small against the warming.
{%- set steps = [240 // var('window_seconds'), 1] | max %}
with

windows as (

    select
        *,
        coalesce(
            window_start - lag(window_start) over stretch_in_time
            > interval '{{ 3 * var('window_seconds') }}' second,
            true
        ) as is_run_start
    from {{ ref('int_thermal_windows') }}
    where power_squared is not null
    window stretch_in_time as (
        partition by site_id, asset_id, component_id, pole, stretch_id
        order by window_start
    )

),

runs as (

    select
        *,
        count(*) filter (where is_run_start) over (
            partition by site_id, asset_id, component_id, pole, stretch_id
            order by window_start
            rows between unbounded preceding and current row
        ) as run_number
    from windows

),

-- Means by the trapezoidal rule: the first and the last window count half.
sections as (

    select
        site_id,
        asset_id,
        component_id,
        pole,
        stretch_id,
        {% for column in ['temp_c', 'power_squared'] -%}
            (
                sum({{ column }})
                    over (
                        run_in_time
                        rows between current row and {{ steps }} following
                    )
                - {{ column }} / 2
                - lead({{ column }}, {{ steps }}) over run_in_time / 2
            ) / {{ steps }} as avg_{{ column }},
        {% endfor -%}
        (lead(temp_c, {{ steps }}) over run_in_time - temp_c)
        / epoch(
            lead(window_start, {{ steps }}) over run_in_time - window_start
        ) as warming_c_per_second
    from runs
    window run_in_time as (
        partition by
            site_id, asset_id, component_id, pole, stretch_id, run_number
        order by window_start
    )

),

-- Around the means of each stretch, so that each has a baseline of its own.
stretch_sums as (

    select
        site_id,
        asset_id,
        component_id,
        pole,
        stretch_id,
        count(*) as section_count,
        regr_sxx(warming_c_per_second, avg_temp_c) as temp_temp,
        regr_sxx(warming_c_per_second, avg_power_squared) as power_power,
        regr_sxy(avg_temp_c, avg_power_squared) as temp_power,
        regr_syy(warming_c_per_second, avg_temp_c) as warming_warming,
        regr_sxy(warming_c_per_second, avg_temp_c) as warming_temp,
        regr_sxy(warming_c_per_second, avg_power_squared) as warming_power
    from sections
    where warming_c_per_second is not null
    group by all

),

sums as (

    select
        site_id,
        asset_id,
        component_id,
        pole,
        sum(section_count)::bigint as section_count,
        {% for column in [
            'temp_temp', 'power_power', 'temp_power',
            'warming_warming', 'warming_temp', 'warming_power',
        ] -%}
            sum({{ column }}) as {{ column }},
        {% endfor -%}
        sum(power_power) * sum(temp_temp) - sum(temp_power) * sum(temp_power)
            as determinant
    from stretch_sums
    group by all

),

-- The normal equations of two regressors.
coefficients as (

    select
        *,
        (warming_power * temp_temp - warming_temp * temp_power)
        / nullif(determinant, 0) as heating,
        (warming_power * temp_power - warming_temp * power_power)
        / nullif(determinant, 0) as cooling
    from sums

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
        site_id,
        asset_id,
        component_id,
        pole,
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
