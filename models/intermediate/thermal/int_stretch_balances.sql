-- One row per component, pole and stretch of a session: how the warming of its
-- sections varies with their power and temperature.
--
-- warming = heating × power² − cooling × (temperature − baseline), with the
-- means of power² and temperature over four minutes, and the warming from the
-- first to the last window of these four minutes. Over 30 s, sensor noise would
-- enter both sides of the equation and make every handle look well cooled. Over
-- minutes, the noise is small against the warming.
{{ config(
    materialized='incremental',
    pre_hook="{{ delete_old_rows('int_judged_days', 'day_version') }}"
) }}
{%- set days = days_to_build('int_judged_days') %}
{%- set steps = section_steps() %}
with

{% for pole in poles() -%}

    {{ pole }}_windows as (

        select
            component_key,
            stretch_key,
            {{ pole }}_temp_c as temp_c,
            power_squared,
            window_start,
            window_start - lag(window_start) over (
                partition by stretch_key
                order by window_start
            ) > interval '{{ 3 * var('window_seconds') }}' second
                as is_after_gap
        from {{ ref('int_thermal_windows') }}
        where
            {{ is_day_to_build(days, 'window_start') }}
            and {{ pole }}_temp_c is not null
            and power_squared is not null

    ),

    -- Means by the trapezoidal rule: the first and the last window count half.
    {{ pole }}_sections as (

        select
            component_key,
            stretch_key,
            '{{ pole }}' as pole,
            {% for column in ['temp_c', 'power_squared'] -%}
                (
                    {{ exact_sum(column, over='over section') }}
                    - {{ column }} / 2
                    - lead({{ column }}, {{ steps }}) over stretch_in_time / 2
                ) / {{ steps }} as avg_{{ column }},
            {% endfor -%}
            (-temp_c + lead(temp_c, {{ steps }}) over stretch_in_time)
            / {{ seconds_between(
                'window_start',
                'lead(window_start, ' ~ steps ~ ') over stretch_in_time'
            ) }} as warming_c_per_second,
            bool_or(is_after_gap) over (
                partition by stretch_key
                order by window_start
                rows between 1 following and {{ steps }} following
            ) as has_gap,
            window_start::date as day
        from {{ pole }}_windows
        window
            stretch_in_time as (
                partition by stretch_key
                order by window_start
            ),
            section as (
                partition by stretch_key
                order by window_start
                rows between current row and {{ steps }} following
            )

    ),

{% endfor -%}

sections as (

    {% for pole in poles() -%}
        select * from {{ pole }}_sections
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

-- A window without all of its four minutes adds to the window count only.
whole_sections as (

    select
        component_key,
        stretch_key,
        pole,
        {% for column in [
            'avg_temp_c', 'avg_power_squared', 'warming_c_per_second',
        ] -%}
            case
                when warming_c_per_second is not null and not has_gap
                    then {{ column }}
            end as {{ column }},
        {% endfor -%}
        day
    from sections

),

-- Sums are centred on the means of each stretch, so each stretch has its own
-- baseline.
stretch_sums as (

    select
        component_key,
        stretch_key,
        pole,
        count(*) as window_count,
        count(warming_c_per_second) as section_count,
        {% for name, one, other in [
            ('temp_temp', 'avg_temp_c', 'avg_temp_c'),
            ('power_power', 'avg_power_squared', 'avg_power_squared'),
            ('temp_power', 'avg_temp_c', 'avg_power_squared'),
            ('warming_warming', 'warming_c_per_second', 'warming_c_per_second'),
            ('warming_temp', 'warming_c_per_second', 'avg_temp_c'),
            ('warming_power', 'warming_c_per_second', 'avg_power_squared'),
        ] -%}
            {{ co_moment(one, other) }} as {{ name }},
        {% endfor -%}
        day
    from whole_sections
    group by all

)

select
    stretch_sums.*,
    days.day_version
from stretch_sums
left join {{ ref('int_judged_days') }} as days
    on stretch_sums.day = days.day
