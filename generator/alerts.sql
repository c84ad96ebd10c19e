-- One row per alert, at the time of its message. Most come from one broken
-- sensor, some from uneven poles, some from cabinets with a stale ambient
-- sensor. True heat raises none.
create table alerts as
with

-- While the poles stay uneven, the alert repeats every 100 s.
repeats as (
    select
        *,
        (
            at_ms - min(at_ms) over (partition by component_no, session_no)
        ) // 100000 as repeat_no
    from imbalances
),

raised as (
    select
        repeats.component_no,
        repeats.repeat_no,
        hash(components.component_stream, repeats.session_no) >> 2 as stream,
        min(repeats.at_ms) as at_ms
    from repeats
    inner join components on repeats.component_no = components.component_no
    group by all
),

-- All messages of a session are equally late: mostly by seconds, sometimes by
-- hours, when the session is long over.
uneven as (
    select
        component_no,
        'LM_a141_cableTempImbalance' as alert_name,
        at_ms + (1000.0 * case
            when draw_uniform(stream, 1) < 0.6
                then 0.2 + 15.0 * draw_exponential(stream, 2)
            when draw_uniform(stream, 1) < 0.85
                then 120.0 + 1100.0 * draw_uniform(stream, 2)
            else 1800.0 + 12600.0 * draw_uniform(stream, 2)
        end + 8.0 * draw_uniform(stream, 10 + repeat_no))::bigint
            as at_ms
    from raised
),

-- The loose sensor chatters from when the cable is put back: each alert clears
-- and is raised again within seconds. Only a jump above the limit counts as
-- heat.
chattering as (
    select
        events.component_no,
        flaps.alert_name,
        flaps.pause_ms,
        hash(events.component_no, flaps.alert_name, events.from_ms) >> 2
            as stream,
        if(flaps.is_of_heat, events.from_ms, events.unplugged_ms) as from_ms,
        if(
            flaps.is_of_heat,
            events.to_ms,
            events.unplugged_ms + events.chatter_ms
        ) as to_ms
    from sensor_events as events
    cross join (
        values
        ('LM_a191_negTempRationality', 4500, false),
        ('LM_a141_cableTempImbalance', 9600, false),
        ('LM_a188_negTempOT', 4000, true),
        ('LM_a243_negCoreTempHiFoldBk', 6800, true)
    ) as flaps (alert_name, pause_ms, is_of_heat)
    where
        events.fault_pole = 'neg'
        and events.kind != 'frozen'
        and (events.kind = 'hot_jump') = flaps.is_of_heat
),

flapping as (
    select
        *,
        unnest(range((to_ms - from_ms) // pause_ms)) as flap_no
    from chattering
),

chatter as (
    select
        component_no,
        alert_name,
        from_ms + (
            pause_ms * (flap_no + draw_uniform(stream, flap_no))
        )::bigint as at_ms
    from flapping
),

-- The handles of a cabinet share its ambient sensor, and so its alerts.
assets as (
    select
        asset_no,
        stream_of('asset', asset_no) as stream,
        count(*) as handle_count,
        bool_or(own_fault = 'sensor_fault') as has_broken_sensor
    from components
    group by asset_no
),

stale_assets as (
    select *
    from assets
    order by
        has_broken_sensor asc,
        handle_count desc,
        draw_uniform(stream, 1) asc,
        asset_no asc
    limit stale_assets()
),

stale as (
    select
        components.component_no,
        'LM_a247_ambientTempStale' as alert_name,
        start_ms() + (
            86400000.0 * getvariable('days')
            * draw_uniform(stale_assets.stream, 10 + moments.range)
        )::bigint as at_ms
    from stale_assets
    cross join range(stale_moments()) as moments
    inner join components on stale_assets.asset_no = components.asset_no
),

alerts as (
    select * from uneven
    union all
    select * from chatter
    union all
    select * from stale
)

select
    row_number() over (
        order by alerts.at_ms, alerts.component_no, alerts.alert_name
    ) - 1 as row_no,
    components.ids,
    alerts.at_ms,
    alerts.alert_name
from alerts
inner join components on alerts.component_no = components.component_no
where alerts.at_ms < end_ms();
