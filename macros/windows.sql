{% macro window_start(column) -%}
    {#- The origin is explicit because engines have different defaults. -#}
    time_bucket(
        {{ window_interval() }}, {{ column }}, timestamp '2000-01-01'
    )
{%- endmacro %}


{% macro window_length() -%}
    {#- window_seconds for arithmetic at parse time. For an invalid value, the
        error message is that of wrong_variable, whichever model dbt parses
        first. -#}
    {%- set seconds = var('window_seconds') -%}
    {{- return(seconds if seconds is number and seconds >= 1 else 1) -}}
{%- endmacro %}


{% macro hour_start(column) -%}
    {#- Not date_trunc, which returns another type on Spark. -#}
    time_bucket(interval '1' hour, {{ column }}, timestamp '2000-01-01')
{%- endmacro %}


{% macro window_interval() -%}
    interval '{{ var("window_seconds") }}' second
{%- endmacro %}


{% macro sliding_days_before() -%}
    {#- A step starts less than two periods before its last period ends. -#}
    {{- return((2 * window_length() / 86400) | round(0, 'ceil') | int) -}}
{%- endmacro %}


{% macro covered_until(keys, starts_at, ends_at) -%}
    {#- How far the earlier intervals reach, where intervals overlap. -#}
    max({{ ends_at }}) over (
        partition by {{ keys | join(', ') }}
        order by {{ starts_at }}, {{ ends_at }}
        rows between unbounded preceding and 1 preceding
    )
{%- endmacro %}


{% macro uncovered_seconds(starts_at, ends_at) -%}
    {#- The time that an interval adds to the union of the earlier ones, which
        reach to the column covered_until. -#}
    greatest(
        {{ epoch_us(ends_at) }}
        - {{ epoch_us('greatest(' ~ starts_at ~ ', covered_until)') }},
        0
    ) / 1000000
{%- endmacro %}


{% macro overheat_threshold(signals) -%}
    coalesce(
        {{ signals }}.overheat_threshold_c, {{ var('overheat_threshold_c') }}
    )
{%- endmacro %}


{% macro overheat_threshold_words(signals) -%}
    {#- One number for all temperatures, or none. -#}
    (
        select
            if(
                count(distinct {{ overheat_threshold('signals') }}) > 1,
                'the signal''s threshold',
                -- Without trailing zeros.
                regexp_replace(
                    {{ number_text(
                        'coalesce(any_value('
                        ~ overheat_threshold('signals') ~ '), '
                        ~ var('overheat_threshold_c') ~ ')',
                        3
                    ) }},
                    '[.]?0+$',
                    ''
                ) || ' °C'
            )
        from {{ signals }} as signals
        where signals.quantity = 'temperature'
    )
{%- endmacro %}


{% macro hot_temp_c() -%}
    {#- The temperature from which a handle is hot, but not yet overheated: one
        in six handles reaches it in a week. -#}
    {{- return(90) -}}
{%- endmacro %}


{% macro alert_reach() -%}
    {#- The distance in time within which a handle's heat belongs to an
        alert. -#}
    interval '600' second
{%- endmacro %}


{% macro sensor_suspect_interval() -%}
    interval '{{ var("sensor_suspect_seconds") }}' second
{%- endmacro %}


{% macro count_of_cells(time) -%}
    {#- SQL, an aggregate over a window's readings: how many of 64 equal time
        cells have a reading. Two equal readings fall into the same cell, so if
        the counts of cells and readings match, no reading is repeated. A cell
        is 2^n microseconds long, because shifting is faster than dividing. -#}
    {%- set bits = namespace(shift=0) -%}
    {%- for shift in range(48) if bits.shift == 0
        and 64 * 2 ** shift >= window_length() * 1000000 -%}
        {%- set bits.shift = shift -%}
    {%- endfor -%}
    {{- count_of_parts('(' ~ epoch_us(time) ~ ' >> ' ~ bits.shift ~ ') & 63') -}}
{%- endmacro %}
