-- One row per component, pole and 30 s window with a temperature that can be
-- trusted: the temperature, the power, and the recent power.
{{ config(
    materialized='incremental',
    pre_hook="{{ build_by_day(
        'window_start',
        ['int_component_windows'],
        ['int_signals'],
        {'int_untrusted_windows': 'window_start'},
        days_before=1
    ) }}"
) }}

with

component_windows as (

    select
        windows.*,
        parts.session_number,
        parts.session_window_start
    from {{ ref('int_component_windows') }} as windows
    inner join {{ ref('int_session_parts') }} as parts
        on
            windows.site_id = parts.site_id
            and windows.asset_id = parts.asset_id
            and windows.component_id = parts.component_id
            and windows.window_start::date = parts.day
            and windows.part_number = parts.part_number
    where {{ is_day_to_build('windows.window_start', days_before=1) }}

),

{% for pole in poles() -%}

    untrusted_{{ pole }}_windows as (

        select
            untrusted_windows.site_id,
            untrusted_windows.asset_id,
            untrusted_windows.component_id,
            untrusted_windows.window_start
        from {{ ref('int_untrusted_windows') }} as untrusted_windows
        inner join {{ ref('int_signals') }} as signals
            on untrusted_windows.signal_name = signals.signal_name
        where signals.sensor_position = '{{ pole }}_pole'

    ),

{% endfor -%}

recent_power as (

    select
        *,
        -- A session is cut every two hours, so that the weather of a day does
        -- not count as heat of the handle.
        hash(
            part_number,
            time_bucket(
                interval '2' hour, window_start, timestamp '2000-01-01'
            )
        ) as stretch_id,
        -- Heat follows the square of the current, so of the power. Before the
        -- session there was none: a span that reaches back to then has only
        -- the share of it that the session covers.
        {% for minutes in thermal_spans() -%}
            avg(avg_power_kw * avg_power_kw)
                over (
                    session_in_time range between
                    interval '{{ minutes * 60 - var("window_seconds") }}' second
                    preceding
                    and current row
                )
            * least(
                epoch(
                    window_start
                    - session_window_start
                ) + {{ var('window_seconds') }},
                {{ minutes * 60 }}
            )
            / {{ minutes * 60 }} as power_squared_{{ minutes }}_min,
        {% endfor -%}
        avg_power_kw * avg_power_kw as power_squared
    from component_windows
    window session_in_time as (
        partition by site_id, asset_id, component_id, session_number
        order by window_start
    )

),

{% for pole in poles() -%}

    {{ pole }}_windows as (

        select
            recent_power.*,
            '{{ pole }}' as pole,
            recent_power.{{ pole }}_pole_temp_c as temp_c
        from recent_power
        anti join untrusted_{{ pole }}_windows
            using (site_id, asset_id, component_id, window_start)
        where
            recent_power.{{ pole }}_pole_temp_c is not null
            and {{ is_day_to_build('recent_power.window_start') }}

    ),

{% endfor -%}

pole_windows as (

    select * from negative_windows
    union all
    select * from positive_windows

)

select
    site_id,
    asset_id,
    component_id,
    pole,
    stretch_id,
    temp_c,
    avg_power_kw,
    power_squared,
    {% for minutes in thermal_spans() -%}
        power_squared_{{ minutes }}_min,
    {% endfor -%}
    window_start
from pole_windows
