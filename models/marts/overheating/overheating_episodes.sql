-- One row per temperature series and uninterrupted time that overheated sliding
-- periods cover.
with

periods as (

    select
        *,
        starts_before + {{ window_interval() }} as ends_before
    from {{ ref('overheated_windows') }}
    where window_method = 'sliding'

),

component_windows as (

    select
        component_key,
        avg_power_kw,
        window_start
    from {{ ref('int_component_windows') }}

),

alerts as (

    select
        component_key,
        fired_at
    from {{ ref('int_alerts') }}

),

-- Periods that overlap or touch form one episode.
bounded_periods as (

    select
        *,
        {{ covered_until(
            ['site_id', 'asset_id', 'component_id', 'signal_name'],
            'window_start', 'ends_before'
        ) }} as covered_until
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
            order by window_start
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
        count(*) filter (where is_sensor_suspect) as suspect_period_count,
        bool_and(is_sensor_suspect) as is_sensor_suspect,
        min(window_start) as started_at,
        max(ends_before) as ended_at
    from numbered_periods
    group by all

),

episode_alerts as (

    select
        episodes.component_key,
        episodes.signal_name,
        episodes.episode_number,
        count(*) as alert_count
    from episodes
    inner join alerts
        on
            episodes.component_key = alerts.component_key
            and alerts.fired_at >= episodes.started_at - {{ alert_reach() }}
            and alerts.fired_at <= episodes.ended_at + {{ alert_reach() }}
    group by all

),

-- The last microsecond of an episode lies in its last window, even if the
-- episode ends on a window edge.
episodes_with_power as (

    select
        episodes.*,
        start_windows.avg_power_kw as start_power_kw,
        end_windows.avg_power_kw as end_power_kw,
        coalesce(episode_alerts.alert_count, 0) as alert_count
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
    left join episode_alerts
        on
            episodes.component_key = episode_alerts.component_key
            and episodes.signal_name = episode_alerts.signal_name
            and episodes.episode_number = episode_alerts.episode_number

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
    suspect_period_count,
    alert_count,
    is_sensor_suspect,
    started_at,
    ended_at
from episodes_with_power
