-- One row per session, with the rise at its start and when charging begins.
-- The ambient is linear over a session.
create table heated_sessions as
with

joined as (
    select *
    from sessions
    inner join components using (component_no)
),

-- Over a session, a fault keeps its strength.
grown as (
    select
        *,
        grown_at(started_ms, onset_on, repaired_on) as grown_share
    from joined
),

faulted as (
    select
        * replace (
            neg_resistance * grown_factor(neg_factor, grown_share)
                as neg_resistance,
            pos_resistance * grown_factor(pos_factor, grown_share)
                as pos_resistance
        ),
        getvariable('thermal_time_constant_seconds')
        * grown_factor(slowing_factor, grown_share) * pole_slowness as pole_s
    from grown
),

described as (
    select
        component_no,
        session_no,
        stream,
        ids,
        started_ms,
        ended_ms,
        rest_in_s,
        charge_s,
        rest_out_s,
        floor_kw,
        step_kw,
        -- rise_at divides by zero if time constants are equal.
        case
            when
                abs(power_s / pole_s - 1.0) < 0.02
                or abs(power_s / pole_s - 2.0) < 0.04
                or abs(power_s / pcba_s - 1.0) < 0.02
                or abs(power_s / pcba_s - 2.0) < 0.04
                then power_s * 1.09
            else power_s
        end as power_s,
        {
            'neg_resistance': neg_resistance,
            'pos_resistance': pos_resistance,
            'pcba_resistance': pcba_resistance,
            'pole_s': pole_s,
            'pcba_s': pcba_s
        } as thermal,
        fold_back_c,
        site_excess_c + pole_offset_c as pole_offset_c,
        site_excess_c + pcba_offset_c as pcba_offset_c,
        ambient_at(
            started_ms, ambient_c, day_swing_c, slow_swing_c, slow_phase,
            utc_offset_hours
        ) as ambient_start_c,
        ambient_at(
            ended_ms, ambient_c, day_swing_c, slow_swing_c, slow_phase,
            utc_offset_hours
        ) as ambient_end_c
    from faulted
),

-- The next session starts with the warmth that this one leaves, as if this one
-- had started cold.
cold as (
    select
        *,
        {
            'neg': 0.0,
            'pos': 0.0,
            'pcba': 0.0
        } as cold_c,
        decayed(
            rises_at(cold_c, charge_s, thermal, floor_kw, step_kw, power_s),
            rest_out_s,
            thermal
        ) as left_c
    from described
),

followed as (
    select
        * exclude (cold_c, left_c),
        decayed(
            lag(left_c) over component,
            (started_ms - lag(ended_ms) over component) / 1000.0,
            thermal
        ) as left_c
    from cold
    window component as (partition by component_no order by session_no)
),

at_start as (
    select
        * exclude (left_c),
        {
            'neg': coalesce(left_c.neg, 0.0),
            'pos': coalesce(left_c.pos, 0.0),
            'pcba': coalesce(left_c.pcba, 0.0)
        } as start_rise_c
    from followed
)

select
    *,
    rises_at(start_rise_c, rest_in_s, thermal, 20.0, 0.0, 77.7)
        as charge_rise_c
from at_start;

-- One row per session in which the controller folds power back: at the first
-- step of a 5 s grid at which the temperature plus 22 s of its slope reaches
-- the limit.
create table fold_backs as
with

-- Only sessions that can reach the limit.
suspects as (
    select *
    from heated_sessions
    where
        greatest(ambient_start_c, ambient_end_c) + pole_offset_c
        + greatest(start_rise_c.neg, start_rise_c.pos)
        + greatest(thermal.neg_resistance, thermal.pos_resistance)
        * pow(floor_kw + step_kw, 2) > fold_back_c - 1.0
),

seconds as (
    select
        *,
        unnest(range(0, charge_s::bigint, 5))::double as x
    from suspects
),

rises as (
    select
        component_no,
        session_no,
        x,
        thermal,
        fold_back_c - pole_offset_c - ambient_start_c as limit_rise_c,
        pow(power_at(x, floor_kw, step_kw, power_s), 2) as square_kw,
        rises_at(charge_rise_c, x, thermal, floor_kw, step_kw, power_s)
            as rise_c
    from seconds
)

select
    component_no,
    session_no,
    min(x) as fold_s
from rises
where
    greatest(
        rise_c.neg
        + 22.0 * (thermal.neg_resistance * square_kw - rise_c.neg)
        / thermal.pole_s,
        rise_c.pos
        + 22.0 * (thermal.pos_resistance * square_kw - rise_c.pos)
        / thermal.pole_s
    ) >= limit_rise_c
    and greatest(rise_c.neg, rise_c.pos) > 0.4 * limit_rise_c
group by component_no, session_no;

-- One row per phase of a session: rest, charge, fold_back (only some), rest.
-- In each the power is a constant and one decaying exponential, so rise_at
-- gives every temperature from the rise at the start of the phase.
create table phases as
with

foldable as (
    select
        heated_sessions.*,
        fold_backs.fold_s
    from heated_sessions
    left join fold_backs using (component_no, session_no)
),

at_fold as (
    select
        *,
        coalesce(fold_s, charge_s) as full_s,
        power_at(fold_s, floor_kw, step_kw, power_s) as fold_kw,
        rises_at(charge_rise_c, full_s, thermal, floor_kw, step_kw, power_s)
            as fold_rise_c
    from foldable
),

at_unplug as (
    select
        *,
        if(
            fold_s is null,
            fold_rise_c,
            rises_at(
                fold_rise_c, charge_s - fold_s, thermal,
                0.25 * fold_kw, 0.75 * fold_kw, 91.3
            )
        ) as unplug_rise_c
    from at_fold
),

listed as (
    select
        *,
        unnest([
            {
                'phase': 'rest',
                'from_s': 0.0,
                'to_s': rest_in_s,
                'floor_kw': 20.0,
                'step_kw': 0.0,
                'power_s': 77.7,
                'rise_c': start_rise_c
            },
            {
                'phase': 'charge',
                'from_s': rest_in_s,
                'to_s': rest_in_s + full_s,
                'floor_kw': floor_kw,
                'step_kw': step_kw,
                'power_s': power_s,
                'rise_c': charge_rise_c
            },
            {
                'phase': 'fold_back',
                'from_s': rest_in_s + full_s,
                'to_s': rest_in_s + charge_s,
                'floor_kw': 0.25 * fold_kw,
                'step_kw': 0.75 * fold_kw,
                'power_s': 91.3,
                'rise_c': fold_rise_c
            },
            {
                'phase': 'rest',
                'from_s': rest_in_s + charge_s,
                'to_s': rest_in_s + charge_s + rest_out_s,
                'floor_kw': 20.0,
                'step_kw': 0.0,
                'power_s': 77.7,
                'rise_c': unplug_rise_c
            }
        ]) as part
    from at_unplug
)

select
    component_no,
    session_no,
    stream,
    ids,
    part.phase,
    started_ms,
    started_ms + (1000.0 * part.from_s)::bigint as from_ms,
    started_ms + (1000.0 * part.to_s)::bigint as to_ms,
    part.from_s,
    part.to_s,
    ambient_start_c,
    (ambient_end_c - ambient_start_c) * 1000.0
    / (ended_ms - started_ms) as ambient_c_per_s,
    pole_offset_c,
    pcba_offset_c,
    thermal,
    part.floor_kw,
    part.step_kw,
    part.power_s,
    part.rise_c
from listed
where part.phase != 'fold_back' or fold_s is not null;

drop table heated_sessions;
