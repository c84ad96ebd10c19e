-- One row per component and charging session.
with

sessions as (

    select
        component_key,
        session_window_start,
        {% for position in sensor_positions() -%}
            max(peak_{{ position }}_temp_c) as peak_{{ position }}_temp_c,
        {% endfor -%}
        max(peak_temp_c) as peak_temp_c,
        {{ weighted_mean('avg_power_kw', 'power_reading_count') }}
            as avg_power_kw,
        max(max_power_kw) as max_power_kw,
        sum(hot_window_count) * {{ var('window_seconds') }}
            as any_sensor_hot_seconds,
        min(started_at) as started_at,
        max(ended_at) as ended_at,
        -- The first of equally hot parts.
        max_by(
            peaked_at,
            {{ row_of(['peak_avg_temp_c', '-' ~ epoch_ms('peaked_at')]) }}
        ) as peaked_at
    from {{ ref('int_session_parts') }}
    group by all

)

select
    md5(concat_ws(
        chr(31),
        components.site_id,
        components.asset_id,
        components.component_id,
        {{ epoch_ms('sessions.started_at') }}
    )) as session_id,
    components.site_id,
    components.asset_id,
    components.component_id,
    {% for position in sensor_positions() -%}
        sessions.peak_{{ position }}_temp_c,
    {% endfor -%}
    sessions.peak_temp_c,
    sessions.avg_power_kw,
    sessions.max_power_kw,
    (
        {{ epoch_ms('sessions.ended_at') }}
        - {{ epoch_ms('sessions.started_at') }}
    ) / 1000 as duration_seconds,
    (
        {{ epoch_ms('sessions.peaked_at') }}
        - {{ epoch_ms('sessions.started_at') }}
    ) / 1000 as seconds_to_peak,
    sessions.any_sensor_hot_seconds::bigint as any_sensor_hot_seconds,
    sessions.started_at,
    sessions.ended_at
from sessions
inner join {{ ref('int_components') }} as components
    on sessions.component_key = components.component_key
