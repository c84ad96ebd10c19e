-- One row per component, pole and stretch of at most two hours of a session:
-- how temperature and recent power vary together within it.
--
-- Sums of squares and products around the stretch's own means. Added over the
-- stretches of a component they give its regression on the recent power, each
-- stretch with a baseline of its own.
{{ config(
    materialized='incremental',
    pre_hook="{{ build_by_day('day', ['int_thermal_windows']) }}"
) }}

with

windows as (

    select * from {{ ref('int_thermal_windows') }}
    where
        {{ is_day_to_build('window_start') }}
        {% for minutes in thermal_spans() -%}
            and power_squared_{{ minutes }}_min is not null
        {% endfor %}

),

stretches as (

    {% for pole in poles() -%}
        select
            component_key,
            stretch_key,
            '{{ pole }}' as pole,
            {% for minutes in thermal_spans() -%}
                regr_sxx({{ pole }}_temp_c, power_squared_{{ minutes }}_min)
                    as power_{{ minutes }}_power_{{ minutes }},
                regr_sxy({{ pole }}_temp_c, power_squared_{{ minutes }}_min)
                    as temp_power_{{ minutes }},
            {% endfor -%}
            regr_syy({{ pole }}_temp_c, power_squared) as temp_temp,
            count({{ pole }}_temp_c) as window_count,
            window_start::date as day
        from windows
        group by all
        having count({{ pole }}_temp_c) >= 4
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select * from stretches
