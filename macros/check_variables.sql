{% macro check_variables() -%}
    {#- A variable's value becomes SQL: nothing but a number may. A model calls
        it, so that it runs whenever the project is parsed. -#}
    {%- set ranges = {
        'overheat_threshold_c': [-273, 1000],
        'window_seconds': [1, 86400],
        'reading_max_age_seconds': [0, 31536000],
        'session_gap_seconds': [1, 86400],
        'sensor_suspect_seconds': [0, 86400],
    } -%}
    {%- for name in invocation_args_dict.get('vars') or {}
        if name not in ranges -%}
        {#- dbt itself would take no notice of a name that is misspelt. -#}
        {%- do exceptions.raise_compiler_error(
            'There is no variable ' ~ (name | string | replace('\n', ' '))
            ~ '; the variables are ' ~ ranges | join(', ') ~ '.'
        ) -%}
    {%- endfor -%}
    {%- for name, range in ranges.items() -%}
        {%- set value = var(name) -%}
        {%- if value is boolean or value is not number
            or not range[0] <= value <= range[1] -%}
            {%- do exceptions.raise_compiler_error(
                name ~ ' is ' ~ (value | string | replace('\n', ' '))
                ~ '; it must be a number from ' ~ range[0] ~ ' to ' ~ range[1]
                ~ '.'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
