{#- What the models share that judge each day by the days before it. -#}

{% macro watched_days(days) -%}
    {#- SQL: two CTEs, the last of them watched_days: the days that are judged
        (judged_on), each with every day that its judgement reads (day), the last
        watch_days.
        days: the days to build, a list of days_to_build('int_watch_days'). -#}
day_offsets as (

    select {{ number_series(0, var('watch_days') - 1, 1) }} as day_offset

),

watched_days as (

    select
        watch_days.day as judged_on,
        watch_days.day - day_offsets.day_offset::int as day
    from {{ ref('int_watch_days') }} as watch_days
    cross join day_offsets
    where {{ is_day_to_build(days, 'watch_days.day') }}

)
{%- endmacro %}


{% macro sensor_trouble_columns() -%}
    {#- SQL: what several rows of int_sensor_days add up to. -#}
    sum(implausible_reading_count)::bigint as implausible_reading_count,
    sum(step_up_count + step_down_count)::bigint as impossible_step_count,
    -- A bad contact can heat a handle faster than a sound one warms, but
    -- nothing cools it as fast: steps up are the sensor's if as many lead down.
    sum(out_of_limits_count)::bigint
    + 2 * least(sum(step_up_count), sum(step_down_count))::bigint
        as glitch_count,
    min(lowest_implausible_temp_c) as lowest_implausible_temp_c,
    max(highest_implausible_temp_c) as highest_implausible_temp_c,
    max(largest_step_c) as largest_step_c,
    sum(frozen_seconds)::bigint as frozen_seconds
{%- endmacro %}
