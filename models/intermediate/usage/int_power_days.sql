-- One row per component, asset, site or the fleet, and UTC day with a power
-- reading: the p90 of the power in use. A p90 cannot be computed from the p90s
-- of the parts, so each level has its own.
{{ config(
    materialized='incremental',
    pre_hook="{{ delete_old_rows('stg_days', 'day_version') }}"
) }}
{%- set days = days_to_build() %}

with

windows as (

    select
        components.site_id,
        components.asset_id,
        components.component_id,
        windows.avg_power_kw,
        windows.window_start::date as day
    from {{ ref('int_component_windows') }} as windows
    inner join {{ ref('int_components') }} as components
        on windows.component_key = components.component_key
    where
        windows.avg_power_kw is not null
        and {{ is_day_to_build(days, 'windows.window_start') }}

),

power_days as (

    {% set keys = ['site_id', 'asset_id', 'component_id'] -%}
    {% for level in ['fleet', 'site', 'asset', 'component'] -%}
        {% set depth = loop.index0 -%}
        select
            {% for key in keys -%}
                {{ key if loop.index <= depth else 'null' }} as {{ key }},
            {% endfor -%}
            '{{ level }}' as level,
            percentile_cont(0.9) within group (order by avg_power_kw)
                as p90_power_kw,
            day
        from windows
        group by all
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select
    power_days.*,
    days.day_version
from power_days
left join {{ ref('stg_days') }} as days
    on power_days.day = days.day
