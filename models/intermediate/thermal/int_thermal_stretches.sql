-- One row per component, pole and stretch of at most two hours of a session:
-- how temperature and power vary together within it.
--
-- Sums of squares and products around the stretch's own means. Added over the
-- stretches of a component they give its regressions, each stretch with a
-- baseline of its own.
with

windows as (

    select * from {{ ref('int_thermal_windows') }}
    where
        warming_c_per_second is not null
        and power_squared_until_next is not null
        {% for minutes in thermal_spans() -%}
            and power_squared_{{ minutes }}_min is not null
        {% endfor %}

),

stretches as (

    select
        site_id,
        asset_id,
        component_id,
        pole,
        stretch_id,
        count(*) as window_count,
        {% for minutes in thermal_spans() -%}
            regr_sxx(temp_c, power_squared_{{ minutes }}_min)
                as power_{{ minutes }}_power_{{ minutes }},
            regr_sxy(temp_c, power_squared_{{ minutes }}_min)
                as temp_power_{{ minutes }},
        {% endfor -%}
        regr_syy(temp_c, power_squared_until_next) as temp_temp,
        regr_sxx(temp_c, power_squared_until_next) as power_power,
        regr_sxy(temp_c, power_squared_until_next) as temp_power,
        regr_syy(warming_c_per_second, temp_c) as warming_warming,
        regr_sxy(warming_c_per_second, temp_c) as warming_temp,
        regr_sxy(warming_c_per_second, power_squared_until_next)
            as warming_power
    from windows
    group by all
    having count(*) >= 4

)

select * from stretches
