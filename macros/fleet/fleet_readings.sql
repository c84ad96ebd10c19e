{#-
  What the sensors and the power meter report, one UTC day at a time, so that
  memory depends on the size of a day and not of the fleet's whole period.
-#}

{#-
  What broken sensors do. open_circuit: tens of readings far below any
  temperature (an open thermistor), or a jump no thermal mass could make, once
  at the negative pole above 105 degrees while the power rests. frozen: hours
  at one value.
-#}
{% macro fleet_create_sensor_events(options) %}
  {% do run_query(
    "create or replace temp table fleet_sensor_events as
    with

    broken as (
        select
            component_no,
            fault_pole,
            sensor_mode,
            greatest(
                2, round(own_strength * " ~ options.days ~ " * 0.9)
            ) as event_count
        from fleet_components
        where own_fault = 'sensor_fault'
    ),

    sessions as (
        select
            *,
            max(to_ms) over (partition by component_no, session_no)
                as unplugged_ms
        from fleet_phases
    ),

    charges as (
        select
            broken.*,
            sessions.* exclude (component_no),
            count(*) over component_day as day_charge_count,
            row_number() over component_day as day_turn
        from broken
        inner join sessions
            on broken.component_no = sessions.component_no
        where
            sessions.phase = 'charge'
            and sessions.to_s - sessions.from_s > 720.0
            and sessions.from_ms >= " ~ options.start_ms ~ "
            and sessions.to_ms < " ~ options.end_ms ~ "
        window component_day as (
            partition by broken.component_no, sessions.started_ms // 86400000
            order by fleet_uniform(sessions.stream, 40)
            rows between unbounded preceding and unbounded following
        )
    ),

    -- A loose sensor has one bad day: the busiest. It first reports heat in
    -- the session that rests longest before it charges.
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
                    - (300000.0 * fleet_uniform(stream, 42))::bigint
                -- Minutes before the cable is put back.
                else unplugged_ms - 70000
                    - (120000.0 * fleet_uniform(stream, 41))::bigint
            end as from_ms,
            case kind
                when 'hot_jump' then from_ms - started_ms
                when 'open_circuit' then 520000.0
                else 11000.0 + 30000.0 * fleet_uniform(stream, 42)
            end as length_ms,
            case kind
                when 'hot_jump' then 117.4
                when 'open_circuit'
                    then -150.0 - 34.0 * fleet_uniform(stream, 43)
                else 42.0 + 20.0 * fleet_uniform(stream, 43)
            end as value_c,
            unplugged_ms - 20000 as unplugged_ms,
            -- About four minutes for each day of the period, in all, after
            -- each event but the false heat.
            (
                260000.0 * " ~ options.days ~ " / greatest(event_count - 1, 1)
                * (0.6 + 0.8 * fleet_uniform(stream, 44))
            )::bigint as chatter_ms
        from kinds
    ),

    freezes as (
        select
            component_no,
            fault_pole,
            'frozen' as kind,
            from_ms + 240000 as from_ms,
            3600000.0 * (3.0 + 5.0 * fleet_uniform(stream, 42)) as length_ms,
            round(
                ambient_start_c + pole_offset_c
                + fleet_rise(
                    case fault_pole
                        when 'neg' then neg_rise_c
                        else pos_rise_c
                    end,
                    240.0,
                    pole_s,
                    case fault_pole
                        when 'neg' then neg_resistance
                        else pos_resistance
                    end,
                    floor_kw,
                    step_kw,
                    power_s
                ),
                1
            ) as value_c,
            null as unplugged_ms,
            null as chatter_ms
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
        chatter_ms,
        -- One event at a time: a second would double the readings.
        least(
            from_ms + length_ms::bigint,
            coalesce(
                lead(from_ms) over (
                    partition by component_no
                    order by from_ms
                ),
                9223372036854775807
            )
        ) as to_ms
    from events"
  ) %}
{% endmacro %}


{#- The numbered readings of the phases that touch a day. The last digit base
    3 of a timestamp tells the clock it comes from, so that no two signals but
    the handle pair can ever share one. -#}
{% macro fleet_beats(beat, day_ms) %}
    phases as (
        select
            *,
            started_ms
            + fleet_uniform(stream, 20 + {{ beat.clock }} % 2)
            * {{ beat.interval_ms }}
            + {{ beat.offset_ms }} as first_ms
        from fleet_phases
        where
            from_ms < {{ day_ms + 86400000 }}
            and to_ms > {{ day_ms }}
    ),

    numbered as (
        select
            *,
            unnest(range(
                greatest(
                    floor(
                        (greatest(from_ms, {{ day_ms }}) - first_ms)
                        / {{ beat.interval_ms }}
                    )::bigint - 1,
                    0
                ),
                ceil(
                    (least(to_ms, {{ day_ms + 86400000 }}) - first_ms)
                    / {{ beat.interval_ms }}
                )::bigint + 1
            )) as beat
        from phases
    ),

    ticks as (
        select
            *,
            (
                (
                    first_ms + beat * {{ beat.interval_ms }}
                    + 0.045 * {{ beat.interval_ms }} * (
                        fleet_uniform(
                            stream, 1000 + 16 * beat + {{ beat.clock }}
                        ) - 0.5
                    )
                )::bigint // 3
            ) * 3 + {{ beat.clock }} as at_ms
        from numbered
    ),

    moments as (
        select
            *,
            (at_ms - from_ms) / 1000.0 as x,
            ambient_start_c
            + ambient_c_per_s * (at_ms - started_ms) / 1000.0 as ambient_c
        from ticks
        where
            at_ms >= greatest(from_ms, {{ day_ms }})
            and at_ms < least(to_ms, {{ day_ms + 86400000 }})
    )
{% endmacro %}


{% macro fleet_create_core_readings(options, day_ms) %}
  {% do run_query(
    "create or replace temp table fleet_core_readings as
    with
    " ~ fleet_beats(options.core_beat, day_ms) ~ ",

    warmed as (
        select
            component_no,
            session_no,
            ids,
            phase,
            at_ms,
            fleet_power(x, floor_kw, step_kw, power_s) as power_kw,
            ambient_c + pole_offset_c
            + fleet_rise(
                neg_rise_c, x, pole_s, neg_resistance, floor_kw, step_kw,
                power_s
            )
            + " ~ options.noise_c ~ "
            * fleet_normal(stream, 1004 + 16 * beat) as neg_c,
            ambient_c + pole_offset_c
            + fleet_rise(
                pos_rise_c, x, pole_s, pos_resistance, floor_kw, step_kw,
                power_s
            )
            + " ~ options.noise_c ~ "
            * fleet_normal(stream, 1005 + 16 * beat) as pos_c,
            fleet_uniform(stream, 1006 + 16 * beat) - 0.5 as wobble
        from moments
    ),

    sensed as (
        select
            warmed.*,
            fleet_sensor_events.fault_pole,
            fleet_sensor_events.kind,
            case fleet_sensor_events.kind
                when 'open_circuit'
                    then fleet_sensor_events.value_c + 3.0 * wobble
                when 'hot_jump' then fleet_sensor_events.value_c + wobble
                when 'jump' then least(
                    fleet_sensor_events.value_c
                    + case fleet_sensor_events.fault_pole
                        when 'neg' then neg_c
                        else pos_c
                    end,
                    100.0
                )
                else fleet_sensor_events.value_c
            end as faulty_c
        from warmed
        left join fleet_sensor_events
            on
                warmed.component_no = fleet_sensor_events.component_no
                and warmed.at_ms >= fleet_sensor_events.from_ms
                and warmed.at_ms < fleet_sensor_events.to_ms
    )

    select
        row_number() over (order by component_no, at_ms) - 1 as row_no,
        component_no,
        session_no,
        ids,
        phase,
        at_ms,
        power_kw,
        kind as sensor_event,
        fault_pole,
        case when fault_pole = 'neg' then faulty_c else neg_c end
            ::decimal(6, 1) as neg_c,
        case when fault_pole = 'pos' then faulty_c else pos_c end
            ::decimal(6, 1) as pos_c
    from sensed"
  ) %}
{% endmacro %}


{% macro fleet_create_pcba_readings(options, day_ms) %}
  {% do run_query(
    "create or replace temp table fleet_pcba_readings as
    with
    " ~ fleet_beats(options.pcba_beat, day_ms) ~ "

    select
        row_number() over (order by component_no, at_ms) - 1 as row_no,
        ids,
        at_ms,
        (
            ambient_c + pcba_offset_c
            + fleet_rise(
                pcba_rise_c, x, pcba_s, pcba_resistance, floor_kw, step_kw,
                power_s
            )
            + " ~ options.noise_c ~ "
            * fleet_normal(stream, 1007 + 16 * beat)
        )::decimal(6, 1) as pcba_c
    from moments"
  ) %}
{% endmacro %}


{% macro fleet_create_power_readings(options, day_ms) %}
  {% do run_query(
    "create or replace temp table fleet_power_readings as
    with
    " ~ fleet_beats(options.power_beat, day_ms) ~ "

    select
        row_number() over (order by component_no, at_ms) - 1 as row_no,
        ids,
        at_ms,
        case phase
            when 'rest'
                then 20.0 + 0.9 * pow(
                    fleet_uniform(stream, 1008 + 16 * beat), 2
                )
            else greatest(
                fleet_power(x, floor_kw, step_kw, power_s)
                * (1.0 + 0.012 * fleet_normal(stream, 1008 + 16 * beat)),
                20.0
            )
        end::decimal(6, 1) as power_kw
    from moments"
  ) %}
{% endmacro %}
