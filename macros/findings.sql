{#- What the rules of fleet_findings share. A rule's items have the columns
    site_id, asset_id, component_id, item (their name) and item_number, 1 for
    the worst. -#}

{% macro finding(rule, number) -%}
    {#- SQL, a select: one row if there is an item and the condition is
        true. -#}
    select
        {{ number }} as rule_number,
        '{{ rule.name }}' as finding_name,
        '{{ rule.kind }}' as kind,
        {{ rule.severity }} as severity,
        ({{ rule.figure }})::double as figure,
        '{{ rule.unit }}' as figure_unit,
        {{ rule.sentence | join(' || ') }} as sentence,
        {{ item_names() }} as items,
        count(item) as item_count,
        {{ of_first('site_id') }} as site_id,
        {{ of_first('asset_id') }} as asset_id,
        {{ of_first('component_id') }} as component_id
    from {{ rule['items'] }}
    having count(*) > 0 and {{ rule.condition | default('true') }}
{%- endmacro %}


{% macro of_first(expression) -%}
    max(case when item_number = 1 then {{ expression }} end)
{%- endmacro %}


{% macro item_names(name='item') -%}
    {#- SQL: the first five items, and how many more there are. -#}
    {{ joined_in_order(name, 'item_number', 'item_number <= 5') }}
    || if(count(item) > 5, ' and ' || (count(item) - 5) || ' more', '')
{%- endmacro %}


{% macro count_text(count, noun) -%}
    {#- SQL: 1 handle, 2 handles. -#}
    {{ count }} || ' {{ noun }}' || if({{ count }} = 1, '', 's')
{%- endmacro %}


{% macro percent_text(ratio) -%}
    {{ number_text('100 * ' ~ ratio, 0) }} || ' %'
{%- endmacro %}


{% macro is_or_are(one, several, count='count(*)') -%}
    if({{ count }} = 1, ' {{ one }} ', ' {{ several }} ')
{%- endmacro %}
