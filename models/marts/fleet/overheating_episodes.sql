-- One row per temperature series and stretch of time that it was overheated.
with

periods as (

    select * from {{ ref('overheated_windows') }}

),

component_windows as (

    select
        component_key,
        avg_power_kw,
        window_start
    from {{ ref('int_component_windows') }}

),

-- Periods that overlap or touch belong together, by whichever method.
bounded_periods as (

    select
        *,
        max(window_end) over (
            partition by site_id, asset_id, component_id, signal_name
            order by window_start, window_end
            rows between unbounded preceding and 1 preceding
        ) as covered_until
    from periods

),

numbered_periods as (

    select
        *,
        count(case
            when covered_until is null or window_start > covered_until
                then 1
        end) over (
            partition by site_id, asset_id, component_id, signal_name
            order by window_start, window_end
            rows between unbounded preceding and current row
        ) as episode_number
    from bounded_periods

),

episodes as (

    select
        site_id,
        asset_id,
        component_id,
        signal_name,
        sensor_position,
        episode_number,
        {{ component_key() }} as component_key,
        max(avg_temp_c) as peak_avg_temp_c,
        max(max_power_kw) as max_power_kw,
        count(*) as period_count,
        bool_and(is_sensor_suspect) as is_sensor_suspect,
        min(window_start) as started_at,
        max(window_end) as ended_at
    from numbered_periods
    group by all

),

-- The last microsecond of an episode lies in its last window, also where it
-- ends on the edge of one.
episodes_with_power as (

    select
        episodes.*,
        start_windows.avg_power_kw as start_power_kw,
        end_windows.avg_power_kw as end_power_kw
    from episodes
    left join component_windows as start_windows
        on
            episodes.component_key = start_windows.component_key
            and {{ window_start('episodes.started_at') }}
            = start_windows.window_start
    left join component_windows as end_windows
        on
            episodes.component_key = end_windows.component_key
            and {{ window_start(
                "episodes.ended_at - interval '1' microsecond"
            ) }}
            = end_windows.window_start

)

select
    md5(concat_ws(
        chr(31),
        site_id,
        asset_id,
        component_id,
        signal_name,
        {{ epoch_us('started_at') }}
    )) as episode_id,
    site_id,
    asset_id,
    component_id,
    signal_name,
    sensor_position,
    peak_avg_temp_c,
    max_power_kw,
    start_power_kw,
    end_power_kw,
    ({{ epoch_us('ended_at') }} - {{ epoch_us('started_at') }}) / 1000000
        as duration_seconds,
    period_count,
    is_sensor_suspect,
    started_at,
    ended_at
from episodes_with_power
