-- One row per candidate span of the recent power: how well it explains the
-- temperatures of the fleet.
with

fits as (

    {% for minutes in thermal_spans() -%}
        select
            {{ minutes }} as span_minutes,
            pow(sum(temp_power_{{ minutes }}), 2)
            / nullif(
                sum(power_{{ minutes }}_power_{{ minutes }}) * sum(temp_temp),
                0
            ) as r_squared
        from {{ ref('int_thermal_stretches') }}
        group by component_key, pole
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

-- The median, so that the few faulty components have no say.
spans as (

    select
        span_minutes,
        median(r_squared) as median_r_squared
    from fits
    group by span_minutes

)

select
    span_minutes,
    median_r_squared,
    row_number() over (
        order by median_r_squared desc nulls last, span_minutes asc
    ) = 1 as is_chosen
from spans
