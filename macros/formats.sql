{#- How times, numbers and ids are spelled in landing files. One grammar for all
    files and both engines; docs/your-data.md states it. -#}

{% macro epoch_units() -%}
    {#- Each time format of epoch numbers, with its units per second. -#}
    {{- return({
        'epoch milliseconds': 1000,
        'epoch seconds': 1,
        'epoch microseconds': 1000000,
        'epoch nanoseconds': 1000000000,
    }) -}}
{%- endmacro %}


{% macro first_epoch_second() -%}
    {#- 2000-01-01. The ranges of the units do not overlap. -#}
    {{- return(946684800) -}}
{%- endmacro %}


{% macro last_epoch_second() -%}
    {#- 2099-12-31 23:59:59. -#}
    {{- return(4102444799) -}}
{%- endmacro %}


{% macro with_point(text, decimal_mark) -%}
    {#- SQL: a number with a point as its decimal mark, null where it has a point
        that is not one. -#}
    case
        when {{ decimal_mark }} <> ','
            then {{ text }}
        when not contains({{ text }}, '.')
            then replace({{ text }}, ',', '.')
    end
{%- endmacro %}


{% macro exact_number(text) -%}
    {#- SQL: a number as a decimal, null where the text is none. -#}
    case
        when {{ matches(text, number_pattern()) }}
            then try_cast(replace({{ text }}, '_', '') as decimal(38, 9))
    end
{%- endmacro %}


{% macro unspelled_digits(text) -%}
    {#- SQL: how many digits before the point a number in scientific notation
        leaves out: 7 of 1.64709E+12. Null of other notations. -#}
    try_cast(
        regexp_extract({{ text }}, {{ pattern('[eE]([+-]?[0-9]{1,3})$') }}, 1) as int
    ) - length(regexp_extract({{ text }}, {{ pattern('[.,]([0-9]+)[eE]') }}, 1))
{%- endmacro %}


{% macro spelled_digits(text) -%}
    {#- SQL: how many digits a number in scientific notation spells: 6 of
        1.64709E+12. -#}
    length({{ replace_pattern(
        'replace(' ~ replace_pattern(
            'regexp_extract(' ~ text ~ ', ' ~ pattern('^[+-]?([0-9.,]+)[eE]') ~ ', 1)',
            '[.,]',
            ''
        ) ~ ", '_', '')",
        '^0+',
        ''
    ) }})
{%- endmacro %}


{% macro has_lost_digits(text) -%}
    {#- SQL: whether a time in scientific notation was rounded. Spreadsheets keep
        6 digits, most other tools 7; some that are exact leave out zeros only,
        as in 1.6470864e12. -#}
    coalesce(
        {{ unspelled_digits(text) }} > 0 and {{ spelled_digits(text) }} <= 7, false
    )
{%- endmacro %}


{% macro is_scientific_id(text) -%}
    {#- SQL: whether an id is a number in scientific notation. 12E4 is a name. -#}
    {{ matches(text, '[+-]?[0-9]+([.,][0-9]+[eE][+-]?|[eE][+])[0-9]{1,3}') }}
{%- endmacro %}


{% macro has_lost_id_digits(text) -%}
    coalesce({{ is_scientific_id(text) }} and {{ unspelled_digits(text) }} > 0, false)
{%- endmacro %}


{% macro clean_id(text) -%}
    {#- SQL: an id as it is compared. Tools that take ids for fractions write
        399812473 as 399812473.0 or 3.99812473E+08. Unicode in its composed
        form. -#}
    case
        when {{ matches(text, '[+-]?[0-9]+[.,]0+') }}
            then regexp_extract({{ text }}, {{ pattern('^([+-]?[0-9]+)') }}, 1)
        when {{ is_scientific_id(text) }} and {{ unspelled_digits(text) }} = 0
            then coalesce(
                try_cast(
                    replace({{ text }}, ',', '.') as decimal(38, 0)
                )::{{ dbt.type_string() }},
                {{ text }}
            )
        else {{ composed(text) }}
    end
{%- endmacro %}


{% macro date_pattern() -%}
    {#- Year first; with slashes or points, the year last. -#}
    {{- return('([0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}|[0-9]{8}|[0-9]{1,2}[./][0-9]{1,2}[./][0-9]{4})') -}}
{%- endmacro %}


{% macro clock_pattern(has_seconds=true) -%}
    {%- set seconds = '(:?[0-5][0-9]([.,][0-9]+)?)' -%}
    {{- return(
        '[Tt ] *([01]?[0-9]|2[0-3]):?[0-5][0-9]' ~ seconds
        ~ ('' if has_seconds else '?')
    ) -}}
{%- endmacro %}


{% macro zone_pattern() -%}
    {{- return(' *([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)') -}}
{%- endmacro %}


{% macro time_format_of(text) -%}
    {#- SQL: the format of one timestamp, null where it is none. -#}
    {%- set number = exact_number(text) -%}
    case
        {% for format, per_second in epoch_units().items() -%}
            when {{ number }}
                between {{ first_epoch_second() * per_second }}
                and {{ (last_epoch_second() + 1) * per_second - 1 }}
                then '{{ format }}'
        {% endfor -%}
        when {{ matches(text, '[0-9]{4}.*|[0-9]{8}.*') }}
            then case
                when {{ matches(text, date_pattern() ~ clock_pattern(false)) }}
                    then 'ISO 8601 without a zone'
                when {{ matches(text, date_pattern() ~ clock_pattern(false) ~ zone_pattern()) }}
                    then 'ISO 8601'
            end
        when {{ matches(text, date_pattern() ~ clock_pattern(false)) }}
            then case
                when
                    contains({{ text }}, '.')
                    and not contains({{ text }}, '/')
                    or try_cast(regexp_extract({{ text }}, {{ pattern('^([0-9]+)') }}, 1) as int) > 12
                    then 'day/month/year'
                when try_cast(regexp_extract({{ text }}, {{ pattern('^[0-9]+/([0-9]+)') }}, 1) as int) > 12
                    then 'month/day/year'
                else 'day/month/year or month/day/year'
            end
    end
{%- endmacro %}


{% macro iso_time(text, time_format) -%}
    {#- SQL: a date with a time of day as the engines read it, null where it has no
        seconds or is in another format. Digits below the millisecond are cut. -#}
    {%- set steps = [
        ('^([0-9]{4})([0-9]{2})([0-9]{2})[Tt]([0-9]{2})([0-9]{2})([0-9]{2})',
         '\\1-\\2-\\3 \\4:\\5:\\6'),
        ('^([0-9]{4})/([0-9]+)/', '\\1-\\2-'),
        ('[.,]([0-9]{1,3})[0-9]*', '.\\1'),
        (' *[Zz]$', '+00:00'),
        (' *([+-][0-9]{2}):?([0-9]{2})$', '\\1:\\2'),
        ('(:[0-9.]+) *([+-][0-9]{2})$', '\\1\\2:00'),
    ] -%}
    {%- set ns = namespace(time=
        'case ' ~ time_format
        ~ " when 'day/month/year' then "
        ~ replace_pattern(text, '^([0-9]+)[./]([0-9]+)[./]([0-9]{4})', '\\3-\\2-\\1')
        ~ " when 'month/day/year' then "
        ~ replace_pattern(text, '^([0-9]+)[./]([0-9]+)[./]([0-9]{4})', '\\3-\\1-\\2')
        ~ ' else ' ~ text ~ ' end'
    ) -%}
    {%- for found, replacement in steps -%}
        {%- set ns.time = replace_pattern(ns.time, found, replacement) -%}
    {%- endfor -%}
    case
        when {{ time_format }} = 'ISO 8601'
            and {{ matches(text, '[0-9]{4}.*') }}
            and {{ matches(text, date_pattern() ~ clock_pattern() ~ zone_pattern()) }}
            or {{ time_format }} = 'ISO 8601 without a zone'
            and {{ matches(text, '[0-9]{4}.*') }}
            and {{ matches(text, date_pattern() ~ clock_pattern()) }}
            or {{ time_format }} in ('day/month/year', 'month/day/year')
            and {{ matches(text, '[0-9]{1,2}[./].*') }}
            and {{ matches(text, date_pattern() ~ clock_pattern()) }}
            then {{ ns.time }}
    end
{%- endmacro %}


{% macro epoch_ms_of(number, iso_time, time_format) -%}
    {#- SQL: the milliseconds since 1970 of a time, null where it is not in the
        format, or not between the years 2000 and 2100. Digits below the
        millisecond are cut.
        number: what exact_number made of it; iso_time: what iso_time did. -#}
    case
        {% for format, per_second in epoch_units().items() -%}
            when {{ time_format }} = '{{ format }}'
                then case
                    when {{ number }}
                        between {{ first_epoch_second() * per_second }}
                        and {{ (last_epoch_second() + 1) * per_second - 1 }}
                        then {% if per_second <= 1000 -%}
                            floor({{ number }} * {{ 1000 // per_second }})::bigint
                        {%- else -%}
                            {{ whole_quotient(
                                'floor(' ~ number ~ ')::bigint', per_second // 1000
                            ) }}
                        {%- endif %}
                end
        {% endfor -%}
        else case
            when {{ iso_time }} between '2000-' and '2100-'
                then {{ epoch_ms(
                    'try_cast(' ~ iso_time ~ ' as ' ~ by_engine('timestamptz', 'timestamp_ltz') ~ ')'
                ) }}
        end
    end
{%- endmacro %}
