{% macro window_start(column) -%}
    {#- The origin is given because engines differ in their own. -#}
    time_bucket(
        {{ window_interval() }}, {{ column }}, timestamp '2000-01-01'
    )
{%- endmacro %}


{% macro hour_start(column) -%}
    {#- Not date_trunc, which gives another type on Spark. -#}
    time_bucket(interval '1' hour, {{ column }}, timestamp '2000-01-01')
{%- endmacro %}


{% macro window_interval() -%}
    interval '{{ var("window_seconds") }}' second
{%- endmacro %}


{% macro mean(expression) -%}
    {#- A sum of doubles depends on the order of its terms in the last digits,
        and a mean that is exactly at a limit must not pass it by 1e-14. -#}
    round(avg({{ expression }}), 9)
{%- endmacro %}


{% macro rolling_windows(readings) -%}
    {#- The mean of a series' readings in (t - window, t], for each t at which
        it has a reading. Timestamps count microseconds, so the frame that
        starts one microsecond late leaves its lower edge out. -#}
    select distinct
        series_key,
        round(avg(value) over rolling_window, 9) as avg_value,
        count(*) over rolling_window as reading_count,
        observed_at - {{ window_interval() }} as window_start,
        observed_at as window_end
    from {{ readings }}
    window rolling_window as (
        partition by series_key
        order by observed_at
        range between
        interval '{{ var("window_seconds") * 1000000 - 1 }}' microsecond
        preceding
        and current row
    )
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


{% macro sensor_suspect_interval() -%}
    interval '{{ var("sensor_suspect_seconds") }}' second
{%- endmacro %}
