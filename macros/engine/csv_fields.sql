{% macro delimiters() -%}
    {#- The field delimiters: as SQL, and as a regular expression. -#}
    {{- return({"','": ',', "';'": ';', 'chr(9)': '\\t', "'|'": '\\|'}) -}}
{%- endmacro %}


{% macro csv_fields(line, delimiter="','") -%}
    {#- The fields of a line by the rules of RFC 4180; null if a quote is not
        closed or is inside a field. Only lines with a quote pay the cost of
        these rules. -#}
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
    {#- Possessive repeats: without them, Java would use its stack. -#}
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
