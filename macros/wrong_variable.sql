{% macro wrong_variable() -%}
    {#- The message to stop with, or nothing. A variable's value becomes SQL, so
        only a number is allowed. A model calls this macro, so the check runs
        whenever the project is parsed. The model itself raises the error: from
        a macro, dbt would add lines about macros to the message. -#}
    {%- set ranges = variable_ranges() -%}
    {%- for name in invocation_args_dict.get('vars') or {}
        if name not in ranges -%}
        {#- dbt itself ignores a misspelt name. -#}
        {{- return(
            'There is no variable ' ~ shown_text(name | string | truncate(80))
            ~ '; the variables are ' ~ ranges | join(', ') ~ '.'
        ) -}}
    {%- endfor -%}
    {%- for name, range in ranges.items() -%}
        {%- set value = var(name) -%}
        {%- if value is boolean or value is not number
            or not range[0] <= value <= range[1] -%}
            {{- return(
                name ~ ' is ' ~ value_words(value)
                ~ '; it must be a number from ' ~ range[0] ~ ' to ' ~ range[1]
                ~ (', without quotes and with a decimal point'
                    if value is string) ~ '.'
            ) -}}
        {%- endif -%}
    {%- endfor -%}
    {%- set seconds = var('window_seconds') -%}
    {%- if seconds is not integer and seconds == seconds | int -%}
        {{- return(
            'window_seconds is ' ~ seconds ~ '; write it as a whole number, '
            ~ seconds | int ~ '.'
        ) -}}
    {%- endif -%}
    {%- if seconds is not integer or 86400 % seconds -%}
        {{- return(
            'window_seconds is ' ~ seconds ~ '; it must be a whole number '
            ~ 'of seconds that divides a day, such as 30 or 60.'
        ) -}}
    {%- endif -%}
    {%- if var('watch_days') is not integer -%}
        {{- return(
            'watch_days is ' ~ var('watch_days') ~ '; it must be a whole '
            ~ 'number of days.'
        ) -}}
    {%- endif -%}
    {%- if var('session_gap_seconds') < seconds -%}
        {{- return(
            'session_gap_seconds (' ~ var('session_gap_seconds') ~ ') must '
            ~ 'not be below window_seconds (' ~ seconds ~ '): gaps inside a '
            ~ 'window cannot be seen.'
        ) -}}
    {%- endif -%}
{%- endmacro %}


{% macro value_words(value) -%}
    {#- A value as written in VARS, and its kind. -#}
    {%- if value is none -%}
        {{- return('empty') -}}
    {%- elif value is boolean -%}
        {{- return(value | string | lower) -}}
    {%- elif value is string -%}
        {{- return("the text '" ~ shown_text(value | truncate(80)) ~ "'") -}}
    {%- endif -%}
    {{- return(shown_text(value | string | truncate(80))) -}}
{%- endmacro %}


{% macro variable_ranges() -%}
    {{- return({
        'overheat_threshold_c': [-273, 1000],
        'window_seconds': [1, 86400],
        'reading_max_age_seconds': [0, 31536000],
        'session_gap_seconds': [1, 86400],
        'sensor_suspect_seconds': [0, 86400],
        'alert_incident_gap_seconds': [0, 86400],
        'watch_days': [1, 366],
    }) -}}
{%- endmacro %}


{% macro variable_values() -%}
    {#- All variables of the project and their values, as one text. -#}
    {%- set values = [] -%}
    {%- for name in variable_ranges() -%}
        {%- do values.append(name ~ ' ' ~ var(name)) -%}
    {%- endfor -%}
    {{- return(values | join(', ')) -}}
{%- endmacro %}
