{% macro window_start(column) -%}
    {#- The origin is given because engines differ in their own. -#}
    time_bucket(
        {{ window_interval() }}, {{ column }}, timestamp '2000-01-01'
    )
{%- endmacro %}


{% macro window_length() -%}
    {#- window_seconds for arithmetic while dbt parses: whichever model it parses
        first, what is no such number is refused in the words of wrong_variable. -#}
    {%- set seconds = var('window_seconds') -%}
    {{- return(seconds if seconds is number and seconds >= 1 else 1) -}}
{%- endmacro %}


{% macro hour_start(column) -%}
    {#- Not date_trunc, which gives another type on Spark. -#}
    time_bucket(interval '1' hour, {{ column }}, timestamp '2000-01-01')
{%- endmacro %}


{% macro window_interval() -%}
    interval '{{ var("window_seconds") }}' second
{%- endmacro %}


{% macro sliding_days_before() -%}
    {#- A step reaches back less than two periods from the end of its last. -#}
    {{- return((2 * window_length() / 86400) | round(0, 'ceil') | int) -}}
{%- endmacro %}


{% macro covered_until(keys, starts_at, ends_at) -%}
    {#- Of intervals that overlap: how far those before reach. -#}
    max({{ ends_at }}) over (
        partition by {{ keys | join(', ') }}
        order by {{ starts_at }}, {{ ends_at }}
        rows between unbounded preceding and 1 preceding
    )
{%- endmacro %}


{% macro uncovered_seconds(starts_at, ends_at) -%}
    {#- What an interval adds to the union of those before, which reach to the
        column covered_until. -#}
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
                -- Without zeros at the end.
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
    {#- From where on a handle is hot, though not yet overheated: one in six
        reaches it in a week. -#}
    {{- return(90) -}}
{%- endmacro %}


{% macro alert_reach() -%}
    {#- How far from an alert a handle's heat still belongs to it. -#}
    interval '600' second
{%- endmacro %}


{% macro sensor_suspect_interval() -%}
    interval '{{ var("sensor_suspect_seconds") }}' second
{%- endmacro %}


{% macro count_of_cells(time) -%}
    {#- SQL, an aggregate over a window's readings: in how many of 64 equal cells
        of time there is one. Two equal readings fall into the same cell, so
        where there are as many cells as readings, none is repeated. A cell is
        2^n microseconds: to shift is quicker than to divide. -#}
    {%- set bits = namespace(shift=0) -%}
    {%- for shift in range(48) if bits.shift == 0
        and 64 * 2 ** shift >= window_length() * 1000000 -%}
        {%- set bits.shift = shift -%}
    {%- endfor -%}
    {{- count_of_parts('(' ~ epoch_us(time) ~ ' >> ' ~ bits.shift ~ ') & 63') -}}
{%- endmacro %}
