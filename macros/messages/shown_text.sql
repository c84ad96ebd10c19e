{% macro shown_text(text) -%}
    {#- External text in a sentence: control and format characters, which could
        rewrite a terminal or change the direction of a line, are shown as in
        \x1b. The same as printable in plugins/warehouse_file.py. -#}
    {%- set letters = [] -%}
    {%- for letter in text | string -%}
        {%- do letters.append(
            letter if letter.isprintable()
            else letter.encode('unicode_escape').decode()
        ) -%}
    {%- endfor -%}
    {{- return(letters | join) -}}
{%- endmacro %}


{% macro shown_names(names, most) -%}
    {#- Some names in quotes, and how many more there are. -#}
    {%- set shown = [] -%}
    {%- for name in names[:most] -%}
        {%- do shown.append("'" ~ shown_text(name | string | truncate(120, true)) ~ "'") -%}
    {%- endfor -%}
    {{- return(
        shown | join(', ')
        ~ (' and ' ~ (names | length - most) ~ ' more' if names | length > most else '')
    ) -}}
{%- endmacro %}


{% macro print_names(title, names) -%}
    {#- All names, in lines that break only between names: blanks inside a name
        are no-break spaces until the lines are split. -#}
    {%- set shown = [] -%}
    {%- for name in names -%}
        {%- do shown.append(
            shown_text(name | truncate(80, true)) | replace(' ', '\u00a0')
        ) -%}
    {%- endfor -%}
    {%- set lines = (title ~ ': ' ~ shown | join(', ')) | wordwrap(
        96, break_long_words=false, break_on_hyphens=false
    ) -%}
    {%- for line in lines.splitlines() -%}
        {%- do print(('  ' if loop.first else '    ') ~ line | replace('\u00a0', ' ')) -%}
    {%- endfor -%}
{%- endmacro %}
