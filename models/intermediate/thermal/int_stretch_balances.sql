-- One row per component, pole and stretch of a session: how the warming of its
-- sections varies with their power and temperature.
--
-- warming = heating × power² − cooling × (temperature − baseline), with the
-- means of power² and temperature over four minutes and the warming from their
-- first window to their last. Over 30 s the sensor's noise would stand on both
-- sides of the equation and make every handle look well cooled; over minutes
-- it is small against the warming.
{{ config(
    materialized='incremental',
    pre_hook="{{ build_by_day('day', ['int_thermal_windows']) }}"
) }}
{%- set steps = section_steps() %}
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
    where power_squared is not null and {{ is_day_to_build('window_start') }}
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
        ) as warming_c_per_second,
        window_start::date as day
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
        regr_sxy(warming_c_per_second, avg_power_squared) as warming_power,
        day
    from sections
    where warming_c_per_second is not null
    group by all

)

select * from stretch_sums
