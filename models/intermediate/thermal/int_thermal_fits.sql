-- One row per component and pole: what its temperature does for its power, by
-- the recent power and by the heat balance.
with

chosen_span as (

    select * from {{ ref('int_chosen_span') }}

),

recent_sums as (

    select
        stretches.component_key,
        stretches.pole,
        chosen_span.span_minutes,
        sum(stretches.window_count)::bigint as window_count,
        sum(stretches.temp_temp) as temp_temp,
        case chosen_span.span_minutes
            {% for minutes in thermal_spans() -%}
                when {{ minutes }}
                    then sum(
                            stretches.power_{{ minutes }}_power_{{ minutes }}
                        )
            {% endfor -%}
        end as power_power,
        case chosen_span.span_minutes
            {% for minutes in thermal_spans() -%}
                when {{ minutes }}
                    then sum(stretches.temp_power_{{ minutes }})
            {% endfor -%}
        end as temp_power
    from {{ ref('int_thermal_stretches') }} as stretches
    cross join chosen_span
    group by
        stretches.component_key,
        stretches.pole,
        chosen_span.span_minutes

),

recent_fits as (

    select
        *,
        1e4 * temp_power / nullif(power_power, 0) as recent_rise_c_at_100_kw,
        temp_power / nullif(sqrt(power_power * temp_temp), 0) as correlation
    from recent_sums

),

fits as (

    select
        recent_fits.component_key,
        recent_fits.pole,
        recent_fits.window_count,
        recent_fits.span_minutes,
        recent_fits.recent_rise_c_at_100_kw,
        recent_fits.correlation,
        -- Windows within one span of time are not independent.
        sqrt(
            (1 - pow(recent_fits.correlation, 2))
            / nullif(pow(recent_fits.correlation, 2), 0)
            * (recent_fits.span_minutes * 60)
            / (recent_fits.window_count * {{ var('window_seconds') }})
        ) as recent_rise_relative_error,
        balances.steady_rise_c_at_100_kw,
        balances.steady_rise_relative_error,
        balances.time_constant_seconds,
        balances.r_squared as balance_r_squared
    from recent_fits
    left join {{ ref('int_heat_balances') }} as balances
        on
            recent_fits.component_key = balances.component_key
            and recent_fits.pole = balances.pole

)

select * from fits
