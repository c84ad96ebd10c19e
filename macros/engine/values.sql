{#- Lists, hashes, times and numbers that engines write in different ways.
    Functions that are not listed here work the same on both engines. -#}

{% macro by_engine(duckdb, spark) -%}
    {{- return(spark if target.type == 'spark' else duckdb) -}}
{%- endmacro %}


{% macro list_of(item) -%}
    {{ by_engine('[' ~ item ~ ']', 'array(' ~ item ~ ')') }}
{%- endmacro %}


{% macro list_length(list) -%}
    {{ by_engine('len', 'array_size') }}({{ list }})
{%- endmacro %}


{% macro list_item(list, position) -%}
    {{ by_engine(
        list ~ '[' ~ position ~ ']',
        'try_element_at(' ~ list ~ ', (' ~ position ~ ')::int)'
    ) }}
{%- endmacro %}


{% macro list_position(list, item) -%}
    {{ by_engine(
        'list_position(' ~ list ~ ', ' ~ item ~ ')',
        'nullif(array_position(' ~ list ~ ', ' ~ item ~ '), 0)'
    ) }}
{%- endmacro %}


{% macro list_map(list, item, expression) -%}
    {{ by_engine(
        'list_transform(' ~ list ~ ', lambda ' ~ item ~ ': ' ~ expression ~ ')',
        'transform(' ~ list ~ ', ' ~ item ~ ' -> ' ~ expression ~ ')'
    ) }}
{%- endmacro %}


{% macro list_where(list, item, condition) -%}
    {{ by_engine(
        'list_filter(' ~ list ~ ', lambda ' ~ item ~ ': ' ~ condition ~ ')',
        'filter(' ~ list ~ ', ' ~ item ~ ' -> ' ~ condition ~ ')'
    ) }}
{%- endmacro %}


{% macro hash_of(expressions) -%}
    {%- if target.type == 'spark' -%}
        {#- A null would leave the hash of the values before it unchanged. -#}
        xxhash64(struct({{ expressions | join(', ') }}), array(
            {%- for expression in expressions -%}
                {{ expression }} is null{{ ', ' if not loop.last }}
            {%- endfor -%}
        ))
    {%- else -%}
        hash({{ expressions | join(', ') }})
    {%- endif -%}
{%- endmacro %}


{% macro sorted_list(expression) -%}
    {{ by_engine(
        'list(' ~ expression ~ ' order by ' ~ expression ~ ')',
        'array_sort(array_agg(' ~ expression ~ '))'
    ) }}
{%- endmacro %}


{% macro hash_of_all(expression) -%}
    {{ by_engine('hash', 'xxhash64') }}({{ sorted_list(expression) }})
{%- endmacro %}


{% macro hash_of_contents(table) -%}
    {#- The hash of a row, given the name of its table. On Spark, the row is
        hashed as text, because a hash of columns would skip nulls. -#}
    {{ by_engine(
        'hash(' ~ table ~ ')',
        "xxhash64(to_json(struct(" ~ table ~ ".*), map('ignoreNullFields', 'false')))"
    ) }}
{%- endmacro %}


{% macro row_of(expressions) -%}
    {{ by_engine('row', 'struct') }}({{ expressions | join(', ') }})
{%- endmacro %}


{% macro epoch_ms(column) -%}
    {{ by_engine(
        'epoch_ms(' ~ column ~ ')',
        'unix_millis((' ~ column ~ ')::timestamp_ltz)'
    ) }}
{%- endmacro %}


{% macro epoch_us(column) -%}
    {{ by_engine(
        'epoch_us(' ~ column ~ ')',
        'unix_micros((' ~ column ~ ')::timestamp_ltz)'
    ) }}
{%- endmacro %}


{% macro seconds_between(start, end) -%}
    {{ by_engine("datediff('second'", 'timestampdiff(second') }}, {{ start }}, {{ end }})
{%- endmacro %}


{% macro time_of_ms(milliseconds) -%}
    {{ by_engine(
        'make_timestamp_ms(' ~ milliseconds ~ ')',
        'timestamp_millis(' ~ milliseconds ~ ')::timestamp_ntz'
    ) }}
{%- endmacro %}


{% macro pattern(text) -%}
    {#- SQL: a regular expression as a literal. Both engines support the parts
        used here: classes, groups, repeats, ^ and $. -#}
    {{ by_engine("'" ~ text ~ "'", "r'" ~ text ~ "'") }}
{%- endmacro %}


{% macro matches(text, expression) -%}
    {#- SQL: whether the whole text matches. -#}
    {{ by_engine(
        'regexp_full_match(' ~ text ~ ", '" ~ expression ~ "')",
        text ~ " rlike r'^(?:" ~ expression ~ ")$'"
    ) }}
{%- endmacro %}


{% macro replace_pattern(text, expression, replacement) -%}
    {#- SQL: the text with each match replaced; \\1 is its first group. -#}
    {{ by_engine(
        'regexp_replace(' ~ text ~ ", '" ~ expression ~ "', '" ~ replacement
        ~ "', 'g')",
        'regexp_replace(' ~ text ~ ", r'" ~ expression ~ "', r'"
        ~ replacement | replace('\\', '$') ~ "')"
    ) }}
{%- endmacro %}


{% macro composed(text) -%}
    {#- SQL: Unicode in normal form C. On Spark, this needs a library. -#}
    {{ by_engine(
        'nfc_normalize(' ~ text ~ ')',
        'case when length(' ~ text ~ ') < octet_length(' ~ text
        ~ ") then reflect('com.ibm.icu.text.Normalizer', 'compose', " ~ text
        ~ ', false) else ' ~ text ~ ' end'
    ) }}
{%- endmacro %}


{% macro whole_quotient(number, divisor) -%}
    ({{ number }} {{ by_engine('//', 'div') }} {{ divisor }})
{%- endmacro %}


{% macro number_pattern() -%}
    {#- The number grammar of DuckDB's readers: digits, optionally grouped by
        single underscores, with an optional sign, point and exponent. -#}
    {%- set digits = '[0-9]+(_[0-9]+)*' -%}
    {{- return(
        '[+-]?(' ~ digits ~ '[.]?(' ~ digits ~ ')?|[.]' ~ digits ~ ')([eE][+-]?'
        ~ digits ~ ')?'
    ) -}}
{%- endmacro %}


{% macro number(text) -%}
    {#- Engines accept more as a number: 5d, or +-5 for -5. -#}
    case
        when {{ matches(text, number_pattern()) }}
            then try_cast(replace({{ text }}, '_', '') as double)
        when {{ matches(text, '(?i)[+-]?(nan|inf|infinity)') }}
            then 'nan'::double
    end
{%- endmacro %}


{% macro is_finite(number) -%}
    {{ by_engine(
        'isfinite(' ~ number ~ ')',
        "abs(" ~ number ~ ") < double('Infinity')"
    ) }}
{%- endmacro %}


{% macro without_blanks(text) -%}
    {#- All blanks of Unicode: Spark's own trim handles only one. -#}
    {{ by_engine(
        'trim(' ~ text ~ ')',
        "trim(both '\\u0020\\u00a0\\u1680\\u2000\\u2001\\u2002\\u2003\\u2004\\u2005"
        ~ "\\u2006\\u2007\\u2008\\u2009\\u200a\\u202f\\u205f\\u3000' from "
        ~ text ~ ')'
    ) }}
{%- endmacro %}


{% macro control_character() -%}
    {{- return('[\\p{Cc}\\x{FFFE}\\x{FFFF}]') -}}
{%- endmacro %}


{% macro has_control_character(text) -%}
    {%- set pattern = "'" ~ control_character() ~ "'" -%}
    {{ by_engine(
        'regexp_matches(' ~ text ~ ', ' ~ pattern ~ ')',
        'regexp(' ~ text ~ ', r' ~ pattern ~ ')'
    ) }}
{%- endmacro %}


{% macro count_of_parts(part) -%}
    {{ by_engine(
        'bit_count(bit_or(1::ubigint << (' ~ part ~ ')::ubigint))',
        'bit_count(bit_or(shiftleft(1::bigint, (' ~ part ~ ')::int)))'
    ) }}
{%- endmacro %}


{% macro number_series(first, last, step) -%}
    {{ by_engine(
        'unnest(range(' ~ first ~ ', ' ~ (last + 1) ~ ', ' ~ step ~ '))',
        'explode(sequence(' ~ first ~ '::bigint, ' ~ last ~ '::bigint, '
        ~ step ~ '::bigint))'
    ) }}
{%- endmacro %}


{% macro joined_names(name, condition) -%}
    {{- by_engine(
        "string_agg(" ~ name ~ ", ', ' order by " ~ name ~ ") filter (where "
        ~ condition ~ ")",
        "nullif(array_join(sort_array(collect_list(" ~ name
        ~ ") filter (where " ~ condition ~ ")), ', '), '')"
    ) -}}
{%- endmacro %}


{% macro joined_in_order(name, position, condition) -%}
    {{- by_engine(
        "string_agg(" ~ name ~ ", ', ' order by " ~ position ~ ") filter (where "
        ~ condition ~ ")",
        "nullif(array_join(transform(array_sort(collect_list(struct(" ~ position
        ~ " as position, " ~ name ~ " as name)) filter (where " ~ condition
        ~ ")), named -> named.name), ', '), '')"
    ) -}}
{%- endmacro %}
