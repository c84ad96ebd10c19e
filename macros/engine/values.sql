{#- What engines write in different ways and mean alike: lists, hashes, times
    and numbers. What is missing here means the same on both. -#}

{% macro list_length(list) -%}
    {{- return(adapter.dispatch('list_length')(list)) -}}
{%- endmacro %}

{% macro default__list_length(list) -%}
    len({{ list }})
{%- endmacro %}

{% macro spark__list_length(list) -%}
    array_size({{ list }})
{%- endmacro %}


{% macro list_item(list, position) -%}
    {{- return(adapter.dispatch('list_item')(list, position)) -}}
{%- endmacro %}

{% macro default__list_item(list, position) -%}
    {{ list }}[{{ position }}]
{%- endmacro %}

{% macro spark__list_item(list, position) -%}
    try_element_at({{ list }}, {{ position }}::int)
{%- endmacro %}


{% macro list_position(list, item) -%}
    {{- return(adapter.dispatch('list_position')(list, item)) -}}
{%- endmacro %}

{% macro default__list_position(list, item) -%}
    list_position({{ list }}, {{ item }})
{%- endmacro %}

{% macro spark__list_position(list, item) -%}
    nullif(array_position({{ list }}, {{ item }}), 0)
{%- endmacro %}


{% macro list_map(list, item, expression) -%}
    {{- return(adapter.dispatch('list_map')(list, item, expression)) -}}
{%- endmacro %}

{% macro default__list_map(list, item, expression) -%}
    list_transform({{ list }}, lambda {{ item }}: {{ expression }})
{%- endmacro %}

{% macro spark__list_map(list, item, expression) -%}
    transform({{ list }}, {{ item }} -> {{ expression }})
{%- endmacro %}


{% macro list_where(list, item, condition) -%}
    {{- return(adapter.dispatch('list_where')(list, item, condition)) -}}
{%- endmacro %}

{% macro default__list_where(list, item, condition) -%}
    list_filter({{ list }}, lambda {{ item }}: {{ condition }})
{%- endmacro %}

{% macro spark__list_where(list, item, condition) -%}
    filter({{ list }}, {{ item }} -> {{ condition }})
{%- endmacro %}


{% macro hash_of(expressions) -%}
    {{- return(adapter.dispatch('hash_of')(expressions)) -}}
{%- endmacro %}

{% macro default__hash_of(expressions) -%}
    hash({{ expressions | join(', ') }})
{%- endmacro %}

{% macro spark__hash_of(expressions) -%}
    {#- A null would leave the hash of what stands before it as it was. -#}
    xxhash64(struct({{ expressions | join(', ') }}), array(
        {%- for expression in expressions -%}
            {{ expression }} is null{{ ', ' if not loop.last }}
        {%- endfor -%}
    ))
{%- endmacro %}


{% macro hash_of_all(expression) -%}
    {{- return(adapter.dispatch('hash_of_all')(expression)) -}}
{%- endmacro %}

{% macro default__hash_of_all(expression) -%}
    hash(list({{ expression }} order by {{ expression }}))
{%- endmacro %}

{% macro spark__hash_of_all(expression) -%}
    xxhash64(array_sort(array_agg({{ expression }})))
{%- endmacro %}


{% macro row_of(expressions) -%}
    {{- return(adapter.dispatch('row_of')(expressions)) -}}
{%- endmacro %}

{% macro default__row_of(expressions) -%}
    row({{ expressions | join(', ') }})
{%- endmacro %}

{% macro spark__row_of(expressions) -%}
    struct({{ expressions | join(', ') }})
{%- endmacro %}


{% macro epoch_ms(column) -%}
    {{- return(adapter.dispatch('epoch_ms')(column)) -}}
{%- endmacro %}

{% macro default__epoch_ms(column) -%}
    epoch_ms({{ column }})
{%- endmacro %}

{% macro spark__epoch_ms(column) -%}
    unix_millis({{ column }}::timestamp_ltz)
{%- endmacro %}


{% macro epoch_us(column) -%}
    {{- return(adapter.dispatch('epoch_us')(column)) -}}
{%- endmacro %}

{% macro default__epoch_us(column) -%}
    epoch_us({{ column }})
{%- endmacro %}

{% macro spark__epoch_us(column) -%}
    unix_micros({{ column }}::timestamp_ltz)
{%- endmacro %}


{% macro seconds_between(start, end) -%}
    {{- return(adapter.dispatch('seconds_between')(start, end)) -}}
{%- endmacro %}

{% macro default__seconds_between(start, end) -%}
    datediff('second', {{ start }}, {{ end }})
{%- endmacro %}

{% macro spark__seconds_between(start, end) -%}
    timestampdiff(second, {{ start }}, {{ end }})
{%- endmacro %}


{% macro time_of_ms(milliseconds) -%}
    {{- return(adapter.dispatch('time_of_ms')(milliseconds)) -}}
{%- endmacro %}

{% macro default__time_of_ms(milliseconds) -%}
    make_timestamp_ms({{ milliseconds }})
{%- endmacro %}

{% macro spark__time_of_ms(milliseconds) -%}
    timestamp_millis({{ milliseconds }})::timestamp_ntz
{%- endmacro %}


{% macro number(text) -%}
    {{- return(adapter.dispatch('number')(text)) -}}
{%- endmacro %}

{% macro default__number(text) -%}
    try_cast({{ text }} as double)
{%- endmacro %}

{% macro spark__number(text) -%}
    {#- Spark would take 5d for a number, and no thousands 1_000; here what is
        a number on DuckDB is one, and nothing else. -#}
    {%- set digits = '[0-9]+(?:_[0-9]+)*' -%}
    {%- set sign = '^\\s*\\+?[+-]?' -%}
    case
        when {{ text }} rlike r'{{ sign }}(?:{{ digits }}\.?(?:{{ digits }})?|\.{{ digits }})(?:[eE][+-]?{{ digits }})?\s*$'
            then try_cast(
                regexp_replace({{ text }}, r'_|^\s*\+', '') as double
            )
        when {{ text }} rlike r'(?i){{ sign }}(?:nan|inf|infinity)\s*$'
            then double('NaN')
    end
{%- endmacro %}


{% macro is_finite(number) -%}
    {{- return(adapter.dispatch('is_finite')(number)) -}}
{%- endmacro %}

{% macro default__is_finite(number) -%}
    isfinite({{ number }})
{%- endmacro %}

{% macro spark__is_finite(number) -%}
    abs({{ number }}) < double('Infinity')
{%- endmacro %}


{% macro without_blanks(text) -%}
    {{- return(adapter.dispatch('without_blanks')(text)) -}}
{%- endmacro %}

{% macro default__without_blanks(text) -%}
    trim({{ text }})
{%- endmacro %}

{% macro spark__without_blanks(text) -%}
    {#- All blanks of Unicode, as on DuckDB: Spark's own trim knows one. -#}
    trim(both '\u0020\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000' from {{ text }})
{%- endmacro %}


{% macro has_control_character(text) -%}
    {{- return(adapter.dispatch('has_control_character')(text)) -}}
{%- endmacro %}

{% macro default__has_control_character(text) -%}
    regexp_matches({{ text }}, '[\p{Cc}\x{FFFE}\x{FFFF}]')
{%- endmacro %}

{% macro spark__has_control_character(text) -%}
    regexp({{ text }}, r'[\p{Cc}\x{FFFE}\x{FFFF}]')
{%- endmacro %}


{% macro count_of_parts(part) -%}
    {{- return(adapter.dispatch('count_of_parts')(part)) -}}
{%- endmacro %}

{% macro default__count_of_parts(part) -%}
    bit_count(bit_or(1::ubigint << {{ part }}))
{%- endmacro %}

{% macro spark__count_of_parts(part) -%}
    bit_count(bit_or(shiftleft(1::bigint, {{ part }}::int)))
{%- endmacro %}


{% macro number_series(first, last, step) -%}
    {{- return(adapter.dispatch('number_series')(first, last, step)) -}}
{%- endmacro %}

{% macro default__number_series(first, last, step) -%}
    unnest(range({{ first }}, {{ last + 1 }}, {{ step }}))
{%- endmacro %}

{% macro spark__number_series(first, last, step) -%}
    explode(sequence({{ first }}::bigint, {{ last }}::bigint, {{ step }}::bigint))
{%- endmacro %}
