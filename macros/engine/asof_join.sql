{% macro asof_join(
    left, right, key, left_time, comparison, right_time, columns, kind='left'
) -%}
    {{- return(adapter.dispatch('asof_join')(
        left, right, key, left_time, comparison, right_time, columns, kind
    )) -}}
{%- endmacro %}

{% macro default__asof_join(
    left, right, key, left_time, comparison, right_time, columns, kind
) -%}
    select
        {{ left }}.*
        {%- for column, name in columns.items() %},
            {{ right }}.{{ column }} as {{ name }}
        {%- endfor %}
    from {{ left }}
    asof {{ kind }} join {{ right }}
        on
            {{ left }}.{{ key }} = {{ right }}.{{ key }}
            and {{ left }}.{{ left_time }}
            {{ comparison }} {{ right }}.{{ right_time }}
{%- endmacro %}

{% macro spark__asof_join(
    left, right, key, left_time, comparison, right_time, columns, kind
) -%}
    {#- Spark has no ASOF join, and the cost of a lateral join grows with left ×
        right rows. So both sides are sorted by time together, and each left row
        takes the last right row before it. At equal times, the right row comes
        first. -#}
    select
        matches.left_row.*
        {%- for column, name in columns.items() %},
            matches.right_row.{{ column }} as {{ name }}
        {%- endfor %}
    from (
        select
            left_row,
            last_value(right_row) ignore nulls over (
                partition by join_key
                order by
                    join_time {{ 'asc' if comparison == '>=' else 'desc' }},
                    is_left asc
                rows between unbounded preceding and current row
            ) as right_row
        from (
            select
                {{ key }} as join_key,
                {{ left_time }} as join_time,
                true as is_left,
                struct(*) as left_row,
                null as right_row
            from {{ left }}
            union all
            select
                {{ key }} as join_key,
                {{ right_time }} as join_time,
                false as is_left,
                null as left_row,
                struct(*) as right_row
            from {{ right }}
        ) as both_sides
    ) as matches
    where
        matches.left_row is not null
        {{ 'and matches.right_row is not null' if kind == 'inner' }}
{%- endmacro %}
