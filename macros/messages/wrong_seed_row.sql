{% macro wrong_seed_row() -%}
    {#- Pre-hook of a seed: the message to stop with, or nothing. The seed's
        meta has the rules. key: a column with unique values. required: columns
        that are never empty. lower_case: columns. allowed: the values of a
        column, which may depend on another column. -#}
    {%- if not execute -%}
        {{- return('') -}}
    {%- endif -%}
    {%- set rules = config.get('meta') -%}
    {%- set table = load_agate_table() -%}
    {%- set lines = {} -%}
    {%- for column in model.columns if column not in table.column_names -%}
        {{- return('The first line lacks the column ' ~ column ~ '.') -}}
    {%- endfor -%}
    {%- for row in table.rows -%}
        {%- set key = row[rules.key] -%}
        {%- set line = 'Line ' ~ (loop.index + 1) ~ (
            '' if key is none else ' (' ~ rules.key ~ ' ' ~ shown_names([key], 1) ~ ')'
        ) -%}
        {%- if key in lines -%}
            {{- return(
                line ~ ' repeats the ' ~ rules.key ~ ' of line ' ~ lines[key]
                ~ '; remove one of the two.'
            ) -}}
        {%- endif -%}
        {%- do lines.update({key: loop.index + 1}) -%}
        {%- for column in model.columns -%}
            {%- set wanted = wanted_cell(row, column, rules) -%}
            {%- if wanted -%}
                {{- return(
                    line ~ ': ' ~ column ~ ' is '
                    ~ ('empty' if row[column] is none else shown_names([row[column]], 1))
                    ~ '; it must be ' ~ wanted ~ '.'
                ) -}}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endmacro %}


{% macro wanted_cell(row, column, rules) -%}
    {#- What a cell of a seed must be; nothing if the cell is right. -#}
    {%- set value = row[column] -%}
    {%- set is_required = column in [rules.key] + rules.get('required', []) -%}
    {%- set is_number = config.get('column_types', {}).get(column) == 'double' -%}
    {%- set allowed = rules.get('allowed', {}).get(column) -%}
    {%- if allowed is mapping -%}
        {%- set other, values_by_other = allowed.items() | first -%}
        {%- set allowed = values_by_other[row[other]] -%}
    {%- endif -%}
    {%- set or_empty = '' if is_required else ', or empty' -%}
    {%- set text = value | string | lower if value is boolean else value | string -%}
    {%- if value is none and not is_required -%}
    {%- elif allowed and (value is none or text not in allowed) -%}
        {{- return('one of ' ~ shown_names(allowed, 10) ~ or_empty) -}}
    {%- elif value is none -%}
        {{- return('filled in') -}}
    {%- elif is_number and value | float(none) is none -%}
        {{- return('a number' ~ or_empty) -}}
    {%- elif column in rules.get('lower_case', []) and text != text | lower | trim -%}
        {{- return('in lower case, without blanks around it') -}}
    {%- endif -%}
{%- endmacro %}
