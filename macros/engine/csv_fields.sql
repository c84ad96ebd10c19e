{% macro csv_fields(line) -%}
    {#- The fields of a line by the rules of RFC 4180; null where a quote is
        not closed or stands inside a field. Only a line that holds a quote
        pays for the rules. -#}
    {{- return(adapter.dispatch('csv_fields')(line)) -}}
{%- endmacro %}


{% macro default__csv_fields(line) -%}
    {%- set field = '"(?:[^"]|"")*"|[^",]*' -%}
    case
        when not contains({{ line }}, '"')
            then string_split({{ line }}, ',')
        when regexp_full_match(
            {{ line }}, '(?:{{ field }})(?:,(?:{{ field }}))*'
        )
            then list_transform(
                regexp_extract_all({{ line }} || ',', '({{ field }}),', 1),
                lambda field: case
                    when starts_with(field, '"')
                        then replace(field[2:-2], '""', '"')
                    else field
                end
            )
    end
{%- endmacro %}


{% macro spark__csv_fields(line) -%}
    {#- The repeats are possessive: Java would else need its stack for them. -#}
    {%- set field = '"(?:[^"]++|"")*+"|[^",]*+' -%}
    case
        when not contains({{ line }}, '"')
            then split({{ line }}, ',')
        when {{ line }} rlike '^(?:{{ field }})(?:,(?:{{ field }}))*+$'
            then transform(
                regexp_extract_all({{ line }} || ',', '({{ field }}),', 1),
                field -> case
                    when startswith(field, '"')
                        then replace(
                            substring(field, 2, len(field) - 2), '""', '"'
                        )
                    else field
                end
            )
    end
{%- endmacro %}
