-- The chart of a handle: rows of the kinds window, overheated, incident and
-- untrusted. With 10,000 windows or more, a row is the maximum of several
-- windows.
with

chosen as (
    select * from one_component($component)
),

zoom as (
    select
        try(cast(split_part($zoom[1], '/', 1) as timestamp)) as started_at,
        try(cast(split_part($zoom[1], '/', 2) as timestamp)) as ended_at
),

-- An alert can fire long after the last window, and must still be shown.
last_window as (
    select max(component_windows.window_start) as window_start
    from marts.component_windows
    semi join chosen using (site_id, asset_id, component_id)
    inner join zoom on component_windows.window_start <= zoom.started_at
),

bounds as (
    select
        coalesce(
            try(
                least(zoom.started_at, last_window.window_start)
                - interval 5 minutes
            ),
            try(cast($dates[1] as timestamp)),
            '-infinity'::timestamp
        ) as starts_at,
        coalesce(
            try(zoom.ended_at + interval 5 minutes),
            try(cast($dates[-1] as timestamp) + interval 1 day),
            'infinity'::timestamp
        ) as ends_at
    from zoom
    cross join last_window
),

windows as (
    select
        *,
        30 * greatest(ceil(count(*) over () / 10000), 1)::bigint
            as bucket_seconds
    from marts.component_windows
    semi join chosen using (site_id, asset_id, component_id)
    inner join bounds
        on
            component_windows.window_start >= bounds.starts_at
            and component_windows.window_start < bounds.ends_at
),

buckets as (
    select
        max(bucket_seconds) as bucket_seconds,
        time_bucket(to_seconds(bucket_seconds), window_start) as started_at,
        max(window_end) as ended_at,
        max(negative_pole_temp_c) as negative_pole_temp_c,
        max(positive_pole_temp_c) as positive_pole_temp_c,
        max(board_temp_c) as board_temp_c,
        max(avg_power_kw) as avg_power_kw,
        max(max_power_kw) as max_power_kw
    from windows
    group by time_bucket(to_seconds(bucket_seconds), window_start)
),

-- A row without values ends each stretch, so that no line crosses a gap.
pauses as (
    select
        ended_at as started_at,
        ended_at
    from buckets
    qualify
        lead(started_at) over (order by started_at)
        > ended_at + interval 5 minutes
),

untrusted_windows as (
    select
        window_start,
        window_end,
        coalesce(
            window_start > lag(window_end) over (order by window_start)
            + interval 10 minutes,
            true
        )::integer as is_new
    from windows
    where
        'suspect' in (negative_pole_status, positive_pole_status, board_status)
        or 'frozen' in (
            negative_pole_status, positive_pole_status, board_status
        )
),

numbered_windows as (
    select
        window_start,
        window_end,
        sum(is_new) over (order by window_start) as stretch_number
    from untrusted_windows
),

episodes as (
    select
        signal_name as label,
        started_at,
        ended_at
    from marts.overheating_episodes
    semi join chosen using (site_id, asset_id, component_id)
    where not is_sensor_suspect
),

incidents as (
    select
        alert_name as label,
        started_at,
        ended_at
    from marts.alert_incidents
    semi join chosen using (site_id, asset_id, component_id)
)

select
    'window' as kind,
    null::varchar as label,
    (select overheat_threshold_c from marts.build_info) as threshold_c,
    *
from buckets
union all by name
select
    'window' as kind,
    started_at,
    ended_at
from pauses
union all by name
select
    'overheated' as kind,
    episodes.*
from episodes
inner join bounds
    on
        episodes.started_at < bounds.ends_at
        and episodes.ended_at > bounds.starts_at
union all by name
select
    'incident' as kind,
    incidents.*
from incidents
inner join bounds
    on
        incidents.started_at < bounds.ends_at
        and incidents.ended_at >= bounds.starts_at
union all by name
select
    'untrusted' as kind,
    min(window_start) as started_at,
    max(window_end) as ended_at
from numbered_windows
group by stretch_number
order by kind, started_at;
