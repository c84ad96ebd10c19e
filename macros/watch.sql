{#- What the models of the watch share. -#}

{% macro trend_days() -%}
    {#- How many days the trends look back: a change is measured against the
        same handle's earlier weeks. -#}
    {{- return(28) -}}
{%- endmacro %}


{% macro watch_reach() -%}
    {#- How many days before a judged day its first input day is. -#}
    {{- return([var('watch_days'), trend_days()] | max - 1) -}}
{%- endmacro %}


{% macro day_to_day_spread() -%}
    {#- The share by which the steady rise of a healthy handle may differ from
        one day to the next. -#}
    {{- return(0.05) -}}
{%- endmacro %}


{% macro sensor_trouble_columns() -%}
    {#- SQL: the columns of several rows of int_sensor_days, summed up. -#}
    sum(implausible_reading_count)::bigint as implausible_reading_count,
    sum(step_up_count + step_down_count)::bigint as impossible_step_count,
    -- A bad contact can heat a handle faster than a healthy one warms, but
    -- nothing cools it as fast. So a step up counts as the sensor's only if a
    -- step down matches it.
    sum(out_of_limits_count)::bigint
    + 2 * least(sum(step_up_count), sum(step_down_count))::bigint
        as glitch_count,
    min(lowest_implausible_temp_c) as lowest_implausible_temp_c,
    max(highest_implausible_temp_c) as highest_implausible_temp_c,
    max(largest_step_c) as largest_step_c,
    sum(frozen_seconds)::bigint as frozen_seconds
{%- endmacro %}
