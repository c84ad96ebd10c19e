{% macro number_text(value, decimals) -%}
    {#- Not by the engine's own formatting: of 104.25 one writes 104.2, another
        104.3. Halves go up, and a number that a decimal cannot hold, which no
        handle has had, is not written out. -#}
    {%- set scale = 10 ** decimals -%}
    coalesce(
        try_cast(
            floor({{ value }} * {{ scale }} + 0.5) / {{ scale }}
            as decimal(15, {{ decimals }})
        )::string,
        case
            when {{ value }} < 0 then 'less than -10^9'
            when {{ value }} > 0 then 'more than 10^9'
        end
    )
{%- endmacro %}
