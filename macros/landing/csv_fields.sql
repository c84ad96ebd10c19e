{% macro csv_fields(line) -%}
    {#- Only a line that holds a quote pays for the quoting rules. -#}
    case
        when contains({{ line }}, '"')
            then list_transform(
                regexp_extract_all(
                    {{ line }} || ',', '("(?:[^"]|"")*"|[^,]*),', 1
                ),
                lambda field: case
                    when starts_with(field, '"')
                        then replace(field[2:-2], '""', '"')
                    else field
                end
            )
        else string_split({{ line }}, ',')
    end
{%- endmacro %}
