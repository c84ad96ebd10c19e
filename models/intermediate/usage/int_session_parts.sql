-- One row per component, UTC day and part, with its charging session. A session
-- that continues past midnight has a part on each day.
with

gaps as (

    select
        *,
        {{ epoch_ms('started_at') }}
        - {{ epoch_ms('lag(ended_at) over component_in_time') }} as gap_ms
    from {{ ref('int_daily_parts') }}
    window component_in_time as (
        partition by component_key
        order by started_at
    )

),

session_parts as (

    select
        *,
        max(case
            when gap_ms is null
                or gap_ms > {{ var('session_gap_seconds') }} * 1000
                then first_window_start
        end) over (
            partition by component_key
            order by started_at
            rows between unbounded preceding and current row
        ) as session_window_start
    from gaps

)

select
    component_key,
    part_number,
    {% for position in sensor_positions() -%}
        peak_{{ position }}_temp_c,
    {% endfor -%}
    peak_avg_temp_c,
    peak_temp_c,
    avg_power_kw,
    max_power_kw,
    power_reading_count,
    hot_window_count,
    day,
    first_window_start,
    last_window_start,
    session_window_start,
    started_at,
    ended_at,
    peaked_at
from session_parts
