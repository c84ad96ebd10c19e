-- One row per component and charging session.
with

windows as (

    select
        windows.*,
        parts.session_number
    from {{ ref('int_component_windows') }} as windows
    inner join {{ ref('int_session_parts') }} as parts
        on
            windows.site_id = parts.site_id
            and windows.asset_id = parts.asset_id
            and windows.component_id = parts.component_id
            and windows.window_start::date = parts.day
            and windows.part_number = parts.part_number

),

sessions as (

    select
        site_id,
        asset_id,
        component_id,
        session_number,
        {% for position in sensor_positions() -%}
            max({{ position }}_temp_c) as peak_{{ position }}_temp_c,
        {% endfor -%}
        max(max_temp_c) as peak_temp_c,
        round(
            sum(avg_power_kw * power_reading_count) / sum(power_reading_count),
            9
        ) as avg_power_kw,
        max(max_power_kw) as max_power_kw,
        count(*) filter (where avg_temp_c > 90) * {{ var('window_seconds') }}
            as seconds_above_90_c,
        min(first_reading_at) as started_at,
        max(last_reading_at) as ended_at,
        -- Of equally hot windows the first.
        arg_max(
            first_reading_at, row(avg_temp_c, -epoch_ms(first_reading_at))
        ) filter (where avg_temp_c is not null) as peaked_at
    from windows
    group by all

)

select
    md5(concat_ws(
        chr(31), site_id, asset_id, component_id, epoch_ms(started_at)
    )) as session_id,
    site_id,
    asset_id,
    component_id,
    {% for position in sensor_positions() -%}
        peak_{{ position }}_temp_c,
    {% endfor -%}
    peak_temp_c,
    avg_power_kw,
    max_power_kw,
    (epoch_ms(ended_at) - epoch_ms(started_at)) / 1000.0 as duration_seconds,
    (epoch_ms(peaked_at) - epoch_ms(started_at)) / 1000.0 as seconds_to_peak,
    seconds_above_90_c::bigint as seconds_above_90_c,
    started_at,
    ended_at
from sessions
