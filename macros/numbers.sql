{% macro number_text(value, decimals) -%}
    {#- Does not use the engine's own formatting: one engine writes 104.25 as
        104.2, another as 104.3. Here, halves round up. A number that is too
        large for a decimal (impossible for a handle) is not written out. -#}
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


{% macro exact_sum(expression, decimals=9, over='') -%}
    {#- The last digits of a sum of doubles depend on the order of its terms,
        and threads change that order. A sum of decimals does not, so equal
        inputs give equal bytes. Terms too large for a decimal, which no sensor
        reports, are added as doubles. -#}
    {%- set limit = '1e' ~ (29 - decimals) -%}
    (
        coalesce(
            sum(
                case
                    when abs({{ expression }}) < {{ limit }}
                        then ({{ expression }})::decimal(38, {{ decimals }})
                end
            ) {{ over }},
            0
        )::double
        + coalesce(
            sum(
                case
                    when abs({{ expression }}) >= {{ limit }}
                        then {{ expression }}
                end
            ) {{ over }},
            0
        )
    )
{%- endmacro %}


{% macro is_at_most(one, other) -%}
    {#- The rounding error of a computed double grows with its size, so an
        absolute tolerance fails at large values, such as energy counters. -#}
    {{ one }} <= {{ other }} + 1e-9 * greatest(1, abs({{ one }}), abs({{ other }}))
{%- endmacro %}


{% macro mean(expression, over='') -%}
    {#- Rounded, so that a mean of exactly the threshold does not exceed it by
        1e-14. -#}
    round(
        {{ exact_sum(expression, over=over) }}
        / nullif(count({{ expression }}) {{ over }}, 0),
        9
    )
{%- endmacro %}


{% macro weighted_mean(expression, weight) -%}
    round(
        {{ exact_sum('(' ~ expression ~ ') * ' ~ weight) }}
        / nullif(
            sum(case when {{ expression }} is not null then {{ weight }} end), 0
        ),
        9
    )
{%- endmacro %}


{% macro co_moment(one, other) -%}
    {#- The sum of products around the means, as used in regressions. Each row
        has both values or neither. Fifteen decimals, because warming is some
        hundredths of a degree per second. -#}
    (
        {{ exact_sum('(' ~ one ~ ') * (' ~ other ~ ')', 15) }}
        - {{ exact_sum(one, 15) }} * {{ exact_sum(other, 15) }}
        / nullif(count({{ one }}), 0)
    )
{%- endmacro %}
