{% macro replace_pattern(text, pattern, replacement) -%}
    {{ by_engine(
        "regexp_replace(" ~ text ~ ", '" ~ pattern ~ "', '" ~ replacement ~ "', 'g')",
        "regexp_replace(" ~ text ~ ", r'" ~ pattern ~ "', '"
        ~ replacement | replace('\\', '$') ~ "')"
    ) }}
{%- endmacro %}
