-- The readings of one UTC day, so that memory depends on the size of a day and
-- not of the whole period.

-- One row per reading of a clock. The remainder of a timestamp divided by 3 is
-- the number of its clock, so only the two poles ever share a time.
create or replace macro moments(clock, interval_ms) as table (
    with

    started as (
        select
            *,
            started_ms
            + draw_uniform(stream, 20 + clock % 2) * interval_ms
            + if(
                clock = 2,
                interval_ms * (0.35 + 0.06 * draw_uniform(stream, 30)),
                0.0
            ) as first_ms
        from phases
        where from_ms < next_day_ms() and to_ms > day_ms()
    ),

    numbered as (
        select
            *,
            unnest(range(
                greatest(
                    floor(
                        (greatest(from_ms, day_ms()) - first_ms) / interval_ms
                    )::bigint - 1,
                    0
                ),
                ceil(
                    (least(to_ms, next_day_ms()) - first_ms) / interval_ms
                )::bigint + 1
            )) as beat
        from started
    ),

    ticks as (
        select
            *,
            (
                (
                    first_ms
                    + beat * interval_ms
                    + 0.045 * interval_ms
                    * (draw_uniform(stream, 1000 + 16 * beat + clock) - 0.5)
                )::bigint // 3
            ) * 3 + clock as at_ms
        from numbered
    )

    select
        *,
        (at_ms - from_ms) / 1000.0 as x,
        ambient_start_c
        + ambient_c_per_s * (at_ms - started_ms) / 1000.0 as ambient_c
    from ticks
    where
        at_ms >= greatest(from_ms, day_ms())
        and at_ms < least(to_ms, next_day_ms())
);

-- One row per reading of the two poles.
create or replace table core_readings as
with

warmed as (
    select
        component_no,
        session_no,
        ids,
        at_ms,
        power_at(x, floor_kw, step_kw, power_s) as power_kw,
        ambient_c + pole_offset_c
        + rise_at(
            rise_c.neg, x, thermal.pole_s, thermal.neg_resistance,
            floor_kw, step_kw, power_s
        )
        + getvariable('noise_c') * draw_normal(stream, 1004 + 16 * beat)
            as neg_c,
        ambient_c + pole_offset_c
        + rise_at(
            rise_c.pos, x, thermal.pole_s, thermal.pos_resistance,
            floor_kw, step_kw, power_s
        )
        + getvariable('noise_c') * draw_normal(stream, 1005 + 16 * beat)
            as pos_c,
        draw_uniform(stream, 1006 + 16 * beat) - 0.5 as wobble
    from moments(0, temp_interval_ms())
),

sensed as (
    select
        warmed.*,
        sensor_events.fault_pole,
        sensor_events.kind,
        if(sensor_events.fault_pole = 'neg', warmed.neg_c, warmed.pos_c)
            as sound_c,
        case sensor_events.kind
            when 'open_circuit'
                then sensor_events.value_c + 3.0 * warmed.wobble
            when 'hot_jump' then sensor_events.value_c + warmed.wobble
            when 'jump'
                then least(sensor_events.value_c + sound_c, 100.0)
            else sensor_events.value_c
        end as faulty_c
    from warmed
    left join sensor_events
        on
            warmed.component_no = sensor_events.component_no
            and warmed.at_ms >= sensor_events.from_ms
            and warmed.at_ms < sensor_events.to_ms
)

select
    row_number() over (order by component_no, at_ms) - 1 as row_no,
    component_no,
    session_no,
    ids,
    at_ms,
    power_kw,
    kind as sensor_event,
    if(fault_pole = 'neg', faulty_c, neg_c)::decimal(6, 1) as neg_c,
    if(fault_pole = 'pos', faulty_c, pos_c)::decimal(6, 1) as pos_c
from sensed;

create or replace table pcba_readings as
select
    row_number() over (order by component_no, at_ms) - 1 as row_no,
    ids,
    at_ms,
    (
        ambient_c + pcba_offset_c
        + rise_at(
            rise_c.pcba, x, thermal.pcba_s, thermal.pcba_resistance,
            floor_kw, step_kw, power_s
        )
        + getvariable('noise_c') * draw_normal(stream, 1007 + 16 * beat)
    )::decimal(6, 1) as pcba_c
from moments(2, temp_interval_ms());

create or replace table power_readings as
select
    row_number() over (order by component_no, at_ms) - 1 as row_no,
    ids,
    at_ms,
    if(
        phase = 'rest',
        20.0 + 0.9 * pow(draw_uniform(stream, 1008 + 16 * beat), 2),
        greatest(
            power_at(x, floor_kw, step_kw, power_s)
            * (1.0 + 0.012 * draw_normal(stream, 1008 + 16 * beat)),
            20.0
        )
    )::decimal(6, 1) as power_kw
from moments(1, power_interval_ms());

-- Readings at which a controller finds the poles uneven. The alerts of a broken
-- sensor follow from its events instead.
create table if not exists imbalances (
    component_no bigint, session_no bigint, at_ms bigint
);

insert into imbalances
select
    core_readings.component_no,
    core_readings.session_no,
    core_readings.at_ms
from core_readings
inner join components on core_readings.component_no = components.component_no
where
    abs(core_readings.neg_c - core_readings.pos_c)
    > components.imbalance_limit_c
    and core_readings.power_kw > 40
    and coalesce(core_readings.sensor_event, 'frozen') = 'frozen';
