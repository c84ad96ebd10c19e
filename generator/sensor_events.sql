-- One row per time in which a broken sensor misreports, and the chatter of
-- alerts after it. A jump is faster than any thermal mass.
create table sensor_events as
with

broken as (
    select
        component_no,
        fault_pole,
        sensor_mode,
        onset_on,
        repaired_on,
        coalesce(
            repaired_on,
            getvariable('start_date')::date + getvariable('days')
        ) - coalesce(onset_on, getvariable('start_date')::date)
            as faulty_days,
        greatest(2, round(own_strength * faulty_days * 0.9)) as event_count
    from components
    where own_fault = 'sensor_fault'
),

plugged as (
    select
        *,
        max(to_ms) over (partition by component_no, session_no)
            as unplugged_ms
    from phases
),

charges as (
    select
        *,
        count(*) over component_day as day_charge_count,
        row_number() over component_day as day_turn
    from broken
    inner join plugged using (component_no)
    where
        plugged.phase = 'charge'
        and plugged.to_s - plugged.from_s > 720.0
        and plugged.from_ms >= start_ms()
        and plugged.to_ms < end_ms()
        and is_faulty_at(
            plugged.started_ms, broken.onset_on, broken.repaired_on
        )
        and is_faulty_at(
            plugged.unplugged_ms, broken.onset_on, broken.repaired_on
        )
    window component_day as (
        partition by broken.component_no, plugged.started_ms // 86400000
        order by draw_uniform(plugged.stream, 40)
        rows between unbounded preceding and unbounded following
    )
),

-- A loose sensor has one bad day, the busiest. It first reports heat in the
-- session with the longest rest before charging.
turns as (
    select
        *,
        row_number() over (
            partition by component_no
            order by
                day_charge_count desc,
                started_ms // 86400000,
                from_s desc
        ) - 1 as event_no
    from charges
    where sensor_mode = 'open_circuit'
),

kinds as (
    select
        *,
        case
            when event_no = 0 and fault_pole = 'neg' then 'hot_jump'
            when event_no % 3 = 1 then 'open_circuit'
            else 'jump'
        end as kind
    from turns
    where event_no < event_count
),

sudden as (
    select
        component_no,
        fault_pole,
        kind,
        case kind
            when 'hot_jump' then started_ms
            when 'open_circuit'
                then unplugged_ms - 220000
                    - (300000.0 * draw_uniform(stream, 42))::bigint
            -- Minutes before the cable is put back.
            else
                unplugged_ms - 70000
                - (120000.0 * draw_uniform(stream, 41))::bigint
        end as from_ms,
        case kind
            when 'hot_jump' then from_ms - started_ms
            when 'open_circuit' then 520000.0
            else 11000.0 + 30000.0 * draw_uniform(stream, 42)
        end as length_ms,
        case kind
            when 'hot_jump' then 117.4
            when 'open_circuit'
                then -150.0 - 34.0 * draw_uniform(stream, 43)
            else 42.0 + 20.0 * draw_uniform(stream, 43)
        end as value_c,
        unplugged_ms - 20000 as unplugged_ms,
        -- About four minutes per faulty day in all, after each event but the
        -- false heat.
        (
            260000.0 * faulty_days / greatest(event_count - 1, 1)
            * (0.6 + 0.8 * draw_uniform(stream, 44))
        )::bigint as chatter_ms,
        repaired_on
    from kinds
),

freezes as (
    select
        component_no,
        fault_pole,
        'frozen' as kind,
        from_ms + 240000 as from_ms,
        3600000.0 * (3.0 + 5.0 * draw_uniform(stream, 42)) as length_ms,
        round(
            ambient_start_c + pole_offset_c
            + rise_at(
                if(fault_pole = 'neg', rise_c.neg, rise_c.pos),
                240.0,
                thermal.pole_s,
                if(
                    fault_pole = 'neg',
                    thermal.neg_resistance,
                    thermal.pos_resistance
                ),
                floor_kw,
                step_kw,
                power_s
            ),
            1
        ) as value_c,
        null as unplugged_ms,
        null as chatter_ms,
        repaired_on
    from charges
    where sensor_mode = 'frozen' and day_turn = 1
),

events as (
    select * from sudden
    union all
    select * from freezes
)

select
    component_no,
    fault_pole,
    kind,
    from_ms,
    value_c,
    unplugged_ms,
    -- A repair ends both; least ignores nulls.
    least(chatter_ms, epoch_ms(repaired_on) - unplugged_ms) as chatter_ms,
    -- One event at a time: overlapping events would double the readings.
    least(
        from_ms + length_ms::bigint,
        lead(from_ms) over (
            partition by component_no
            order by from_ms
        ),
        epoch_ms(repaired_on)
    ) as to_ms
from events;
