{#- How landing files write times, numbers and ids. One grammar for all files
    and both engines; docs/your-data.md states it. -#}

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


{% macro like_pattern(text) -%}
    {#- SQL: a pattern of file names, with * and ?, for like … escape '!'. -#}
    {%- set ns = namespace(pattern=text) -%}
    {%- for mark, replacement in {
        '!': '!!', '%': '!%', '_': '!_', '*': '%', '?': '_'
    }.items() -%}
        {%- set ns.pattern = (
            'replace(' ~ ns.pattern ~ ", '" ~ mark ~ "', '" ~ replacement ~ "')"
        ) -%}
    {%- endfor -%}
    {{- ns.pattern -}}
{%- endmacro %}


{% macro with_point(text, decimal_mark) -%}
    {#- SQL: a number with a point as its decimal mark; null if it has another
        mark. If the first rows of the file do not show the mark, the number
        itself decides, unless it may have groups of thousands. -#}
    case
        when {{ decimal_mark }} = '.'
            then {{ text }}
        when {{ decimal_mark }} = '?' and not contains({{ text }}, ',')
            then case
                when not {{ matches(text, thousands_pattern()) }} then {{ text }}
            end
        when not (
            contains({{ text }}, '.')
            or {{ decimal_mark }} = '?'
            and {{ matches(text, thousands_pattern()) }}
        )
            then replace({{ text }}, ',', '.')
    end
{%- endmacro %}


{% macro thousands_pattern() -%}
    {#- A number that may have groups of thousands: 104,500 or 1.250. -#}
    {{- return('[+-]?[1-9][0-9]{0,2}([.,][0-9]{3})+') -}}
{%- endmacro %}


{% macro exact_number(text) -%}
    {#- SQL: a number as a decimal; null if the text is not a number. -#}
    case
        when {{ matches(text, number_pattern()) }}
            then try_cast(replace({{ text }}, '_', '') as decimal(38, 9))
    end
{%- endmacro %}


{% macro unspelled_digits(text) -%}
    {#- SQL: how many digits before the point a number in scientific notation
        omits: 7 for 1.64709E+12. Null for other notations. -#}
    try_cast(
        regexp_extract({{ text }}, {{ pattern('[eE]([+-]?[0-9]{1,3})$') }}, 1) as int
    ) - length(regexp_extract({{ text }}, {{ pattern('[.,]([0-9]+)[eE]') }}, 1))
{%- endmacro %}


{% macro spelled_digits(text) -%}
    {#- SQL: how many digits a number in scientific notation shows: 6 for
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


{% macro has_lost_digits(text, lost_digits) -%}
    {#- SQL: whether a time in scientific notation was rounded. Spreadsheets
        keep 6 digits, most other tools 7, 32-bit floats 8. Exact times omit
        only zeros, as in 1.6470864e12.
        lost_digits: SQL, the maximum number of digits of a rounded time. -#}
    coalesce(
        {{ unspelled_digits(text) }} > 0
        and {{ spelled_digits(text) }} <= {{ lost_digits }},
        false
    )
{%- endmacro %}


{% macro may_be_fraction(text) -%}
    {#- SQL: a cheap filter before the id is checked in full; few ids pass. -#}
    (
        contains({{ text }}, '.') or contains({{ text }}, ',')
        or contains({{ text }}, '+')
    )
{%- endmacro %}


{% macro is_scientific_id(text) -%}
    {#- SQL: whether an id is a number in scientific notation. 12E4 is a name. -#}
    {{ matches(text, '[+-]?[0-9]+([.,][0-9]+[eE][+-]?|[eE][+])[0-9]{1,3}') }}
{%- endmacro %}


{% macro has_lost_id_digits(text) -%}
    case
        when {{ may_be_fraction(text) }}
            then coalesce(
                {{ is_scientific_id(text) }} and {{ unspelled_digits(text) }} > 0,
                false
            )
        else false
    end
{%- endmacro %}


{% macro clean_id(text, decimal_mark) -%}
    {#- SQL: an id in the form used for comparison. Tools that read ids as
        fractions write 399812473 as 399812473.0 or 3.99812473E+08. Unicode in
        its composed form. -#}
    case
        when not {{ may_be_fraction(text) }}
            then {{ composed(text) }}
        -- Three zeros may be a group of thousands.
        when {{ matches(
            'replace(' ~ text ~ ', case when ' ~ decimal_mark
            ~ " = ',' then ',' else '.' end, '.')",
            '[+-]?[0-9]+[.](00?|0000+)'
        ) }}
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
    {#- With the year first or last. -#}
    {{- return(
        '([0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}'
        ~ '|[0-9]{1,2}[./][0-9]{1,2}[./][0-9]{4})'
    ) -}}
{%- endmacro %}


{% macro time_text(text, record_type) -%}
    {#- SQL: the time of a row as text. An inspection may have only a date,
        which means midnight. -#}
    case
        when {{ record_type }} = 'inspection'
            then case
                when {{ matches(text, '[0-9]{8}') }} then {{ text }} || 'T000000'
                when {{ matches(text, date_pattern()) }} then {{ text }} || ' 00:00:00'
                else {{ text }}
            end
        else {{ text }}
    end
{%- endmacro %}


{% macro time_pattern(has_seconds=true) -%}
    {#- A date and a time of day, with the year first or last, or without
        separators. -#}
    {%- set hours = '([01]?[0-9]|2[0-3])' -%}
    {%- set seconds = '(:[0-5][0-9]([.,][0-9]+)?)' ~ ('' if has_seconds else '?') -%}
    {{- return(
        '(' ~ date_pattern() ~ '[Tt ] *' ~ hours ~ ':[0-5][0-9]' ~ seconds
        ~ '|[0-9]{8}[Tt][0-9]{6}([.,][0-9]+)?)'
    ) -}}
{%- endmacro %}


{% macro zone_pattern() -%}
    {{- return(' *([Zz]|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)') -}}
{%- endmacro %}


{% macro time_format_of(text) -%}
    {#- SQL: the format of one timestamp; null if it is not a timestamp. -#}
    {%- set number = exact_number(text) -%}
    case
        {% for format, per_second in epoch_units().items() -%}
            when {{ number }}
                between {{ first_epoch_second() * per_second }}
                and {{ (last_epoch_second() + 1) * per_second - 1 }}
                then '{{ format }}'
        {% endfor -%}
        when {{ matches(text, '[0-9]{4}.*') }}
            then case
                when {{ matches(text, time_pattern(false)) }}
                    then 'ISO 8601 without a zone'
                when {{ matches(text, time_pattern(false) ~ zone_pattern()) }}
                    then 'ISO 8601'
            end
        when {{ matches(text, time_pattern(false)) }}
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
    {#- SQL: a date with a time of day as the engines read it; null if it has no
        seconds or is in another format. Digits below the millisecond are
        cut. -#}
    {%- set steps = [
        ('^([0-9]{4})([0-9]{2})([0-9]{2})[Tt]([0-9]{2})([0-9]{2})([0-9]{2})',
         '\\1-\\2-\\3 \\4:\\5:\\6'),
        ('^([0-9]{4})/([0-9]+)/', '\\1-\\2-'),
        ('[Tt]', ' '),
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
        -- A separate branch: the engine evaluates all parts of a condition.
        when {{ time_format }} like 'epoch%'
            then null
        when {{ time_format }} = 'ISO 8601'
            and {{ matches(text, '[0-9]{4}.*') }}
            and {{ matches(text, time_pattern() ~ zone_pattern()) }}
            or {{ time_format }} = 'ISO 8601 without a zone'
            and {{ matches(text, '[0-9]{4}.*') }}
            and {{ matches(text, time_pattern()) }}
            or {{ time_format }} in ('day/month/year', 'month/day/year')
            and {{ matches(text, '[0-9]{1,2}[./].*') }}
            and {{ matches(text, time_pattern()) }}
            then {{ ns.time }}
    end
{%- endmacro %}


{% macro ms_of_epoch(number, time_format) -%}
    {#- SQL: the milliseconds since 1970 of an epoch number; null if it is not
        between the years 2000 and 2100. Digits below the millisecond are
        cut. -#}
    case {{ time_format }}
        {% for format, per_second in epoch_units().items() -%}
            when '{{ format }}'
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
    end
{%- endmacro %}


{% macro ms_of_iso(iso_time) -%}
    {#- SQL: the milliseconds since 1970 of the result of iso_time; null if the
        date does not exist or is not between the years 2000 and 2100. -#}
    case
        when {{ iso_time }} between '2000-' and '2100-'
            then {{ epoch_ms(
                'try_cast(' ~ iso_time ~ ' as '
                ~ by_engine('timestamptz', 'timestamp_ltz') ~ ')'
            ) }}
    end
{%- endmacro %}
