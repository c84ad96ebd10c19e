{% macro delimiters() -%}
    {#- Between the fields of a file: as SQL, and in a regular expression. -#}
    {{- return({"','": ',', "';'": ';', 'chr(9)': '\\t', "'|'": '\\|'}) -}}
{%- endmacro %}


{% macro csv_fields(line, delimiter="','") -%}
    {#- The fields of a line by the rules of RFC 4180; null where a quote is
        not closed or stands inside a field. Only a line that holds a quote
        pays for the rules. -#}
    {{- return(adapter.dispatch('csv_fields')(line, delimiter)) -}}
{%- endmacro %}


{% macro default__csv_fields(line, delimiter) -%}
    case
        when not contains({{ line }}, '"')
            then string_split({{ line }}, {{ delimiter }})
        {% for mark, pattern in delimiters().items() -%}
            {%- set field = '"(?:[^"]|"")*"|[^"' ~ pattern ~ ']*' -%}
            when
                {{ delimiter }} = {{ mark }}
                and regexp_full_match(
                    {{ line }}, '(?:{{ field }})(?:{{ pattern }}(?:{{ field }}))*'
                )
                then list_transform(
                    regexp_extract_all(
                        {{ line }} || {{ mark }}, '({{ field }}){{ pattern }}', 1
                    ),
                    lambda field: case
                        when starts_with(field, '"')
                            then replace(field[2:-2], '""', '"')
                        else field
                    end
                )
        {% endfor -%}
    end
{%- endmacro %}


{% macro spark__csv_fields(line, delimiter) -%}
    {#- The repeats are possessive: Java would else need its stack for them. -#}
    case
        {% for mark, pattern in delimiters().items() -%}
            when {{ delimiter }} = {{ mark }} and not contains({{ line }}, '"')
                then split({{ line }}, r'{{ pattern }}', -1)
        {% endfor -%}
        {% for mark, pattern in delimiters().items() -%}
            {%- set field = '"(?:[^"]++|"")*+"|[^"' ~ pattern ~ ']*+' -%}
            when
                {{ delimiter }} = {{ mark }}
                and {{ line }} rlike r'^(?:{{ field }})(?:{{ pattern }}(?:{{ field }}))*+$'
                then transform(
                    regexp_extract_all(
                        {{ line }} || {{ mark }}, r'({{ field }}){{ pattern }}', 1
                    ),
                    field -> case
                        when startswith(field, '"')
                            then replace(
                                substring(field, 2, len(field) - 2), '""', '"'
                            )
                        else field
                    end
                )
        {% endfor -%}
    end
{%- endmacro %}
