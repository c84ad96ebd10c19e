-- One row per component and part of a charging session within a UTC day: a
-- session that goes on past midnight has two.
with

parts as (

    select
        site_id,
        asset_id,
        component_id,
        window_start::date as day,
        part_number,
        min(window_start) as first_window_start,
        max(window_start) as last_window_start,
        min(first_reading_at) as started_at,
        max(last_reading_at) as ended_at
    from {{ ref('int_component_windows') }}
    group by all

),

gaps as (

    select
        *,
        epoch_ms(started_at)
        - epoch_ms(lag(ended_at) over component_in_time) as gap_ms
    from parts
    window component_in_time as (
        partition by site_id, asset_id, component_id
        order by started_at
    )

),

numbered_parts as (

    select
        *,
        count(*) filter (
            where gap_ms is null
            or gap_ms > {{ var('session_gap_seconds') }} * 1000
        ) over (
            partition by site_id, asset_id, component_id
            order by started_at
            rows between unbounded preceding and current row
        ) as session_number
    from gaps

)

select
    site_id,
    asset_id,
    component_id,
    part_number,
    session_number,
    day,
    first_window_start,
    last_window_start,
    min(first_window_start) over session as session_window_start,
    started_at,
    ended_at
from numbered_parts
window session as (
    partition by site_id, asset_id, component_id, session_number
)
