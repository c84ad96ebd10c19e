-- One row per charging session, with its times and power.
--
-- The candidate sessions of a component follow each other with the short gaps
-- of a busy stall. Demand (component, day, hour of the local day) keeps some of
-- them. So the dropped sessions are the long gaps, and a day without drops is
-- the busiest possible.
create table sessions as
with

candidates as (
    select
        components.component_no,
        components.popularity,
        components.utc_offset_hours,
        components.component_stream,
        numbers.range as session_no,
        substream_of(components.component_stream, 1000 + numbers.range)
            as stream
    from components
    cross join range(candidate_sessions()) as numbers
),

timed as (
    select
        *,
        (1000.0 * least(
            greatest(
                60.0 * getvariable('session_minutes')
                * exp(0.45 * draw_normal(stream, 1) - 0.10),
                150.0
            ),
            6000.0
        ))::bigint as duration_ms,
        (1000.0 * (90.0 + 150.0 * draw_exponential(stream, 2)))::bigint
            as gap_ms
    from candidates
),

placed as (
    select
        *,
        -- From two hours before the period, so that its first hour is as
        -- busy as any.
        start_ms() - 7200000
        + sum(duration_ms + gap_ms) over (
            partition by component_no
            order by session_no
        )::bigint - duration_ms - gap_ms as started_ms
    from timed
),

demanded as (
    select
        *,
        started_ms + duration_ms as ended_ms,
        substream_of(
            component_stream, 100000000 + started_ms // 86400000
        ) as day_stream,
        1.0 + 0.75 * sin(
            2.0 * pi()
            * (started_ms / 3600000.0 + utc_offset_hours - 9.0) / 24.0
        ) as hour_demand
    from placed
    where started_ms < end_ms()
),

kept as (
    select
        component_no,
        session_no,
        stream,
        day_stream,
        started_ms,
        ended_ms,
        duration_ms
    from demanded
    where
        -- One component-day in ten has no sessions.
        draw_uniform(day_stream, 1) >= 0.1
        and draw_uniform(stream, 3) < least(
            getvariable('duty') * 1.17
            * popularity * hour_demand
            * exp(0.8 * draw_normal(day_stream, 2) - 0.32),
            0.98
        )
),

charged as (
    select
        *,
        least(greatest(
            178.0 * exp(
                0.38 * draw_normal(stream, 4)
                -- On some days, the cars at a stall take more power.
                + 0.3 * draw_normal(day_stream, 3)
            ), 60.0
        ), 396.0) as peak_kw,
        15.0 + 30.0 * draw_uniform(stream, 5) as rest_in_s,
        15.0 + 45.0 * draw_uniform(stream, 6) as rest_out_s,
        1.0 + exp(0.25 * draw_normal(stream, 7)) as decay_factor,
        draw_uniform(stream, 8) as floor_draw
    from kept
),

shaped as (
    select
        component_no,
        session_no,
        stream,
        started_ms,
        ended_ms,
        rest_in_s,
        duration_ms / 1000.0 - rest_in_s - rest_out_s as charge_s,
        rest_out_s,
        least(38.0 + 40.0 * floor_draw, 0.8 * peak_kw) as floor_kw,
        peak_kw - floor_kw as step_kw,
        -- A battery takes much power for a short time or less for longer.
        greatest(
            420.0 * decay_factor * pow(150.0 / peak_kw, 0.9), 150.0
        ) as power_s
    from charged
)

select * from shaped;
