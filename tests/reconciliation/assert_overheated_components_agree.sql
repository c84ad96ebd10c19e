-- Fails if the marts of questions 1 and 2 disagree on which series are
-- overheated, how often, or at what power.
with

windows as (

    select
        site_id,
        asset_id,
        component_id,
        signal_name,
        window_method,
        count(*) as window_count,
        max(max_power_kw) as max_power_kw
    from {{ ref('overheated_windows') }}
    group by all

),

components as (

    {% for method, count in [
        ('tumbling', 'tumbling_window_count'),
        ('sliding', 'sliding_period_count'),
    ] -%}
        select
            site_id,
            asset_id,
            component_id,
            signal_name,
            '{{ method }}' as window_method,
            {{ count }} as window_count
        from {{ ref('overheated_components') }}
        where {{ count }} > 0
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

components_with_power as (

    select
        components.*,
        max_power.max_power_kw
    from components
    left join {{ ref('max_power_when_overheated') }} as max_power
        using (site_id, asset_id, component_id, signal_name, window_method)

)

select
    windows.*,
    components_with_power.window_count as other_window_count,
    components_with_power.max_power_kw as other_max_power_kw
from windows
full join components_with_power
    on
        windows.site_id = components_with_power.site_id
        and windows.asset_id = components_with_power.asset_id
        and windows.component_id = components_with_power.component_id
        and windows.signal_name = components_with_power.signal_name
        and windows.window_method = components_with_power.window_method
where
    windows.window_count is distinct from components_with_power.window_count
    or windows.max_power_kw
    is distinct from components_with_power.max_power_kw
