{#-
  When handles are in use, and the power and heat of each session.

  Sessions. A component's candidate sessions follow each other with the short
  gaps of a busy stall, as a running sum; a thinning by demand (component, day,
  hour of the local day) keeps some. What is thinned away are the long gaps,
  and a day kept whole is the busiest there can be.
-#}
{% macro fleet_create_sessions(options) %}
  {% do run_query(
    "create or replace temp table fleet_sessions as
    with

    candidates as (
        select
            fleet_components.component_no,
            fleet_components.popularity,
            fleet_components.utc_offset_hours,
            fleet_components.stream as component_stream,
            numbers.range as session_no,
            fleet_substream(
                fleet_components.stream, 1000 + numbers.range
            ) as stream
        from fleet_components
        cross join range(" ~ options.candidate_sessions ~ ") as numbers
    ),

    timed as (
        select
            candidates.*,
            (1000.0 * least(
                greatest(
                    60.0 * " ~ options.session_minutes ~ "
                    * exp(0.45 * fleet_normal(stream, 1) - 0.10),
                    150.0
                ),
                6000.0
            ))::bigint as duration_ms,
            (1000.0 * (90.0 + 150.0 * fleet_exponential(stream, 2)))::bigint
                as gap_ms
        from candidates
    ),

    placed as (
        select
            timed.*,
            -- Two hours before the period, so that its first hour is as busy
            -- as any.
            " ~ options.start_ms ~ " - 7200000
            + sum(duration_ms + gap_ms) over (
                partition by component_no
                order by session_no
            )::bigint - duration_ms - gap_ms as started_ms
        from timed
    ),

    demanded as (
        select
            placed.*,
            started_ms + duration_ms as ended_ms,
            fleet_substream(
                component_stream, 100000000 + started_ms // 86400000
            ) as day_stream,
            1.0 + 0.75 * sin(
                2.0 * pi()
                * (started_ms / 3600000.0 + utc_offset_hours - 9.0) / 24.0
            ) as hour_demand
        from placed
        where started_ms < " ~ options.end_ms ~ "
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
            -- One component-day in ten sees nobody.
            fleet_uniform(day_stream, 1) >= 0.1
            and fleet_uniform(stream, 3) < least(
                " ~ options.duty ~ " * " ~ options.demand_scale ~ "
                * popularity * hour_demand
                * exp(0.8 * fleet_normal(day_stream, 2) - 0.32),
                0.98
            )
    ),

    charged as (
        select
            kept.*,
            least(greatest(
                178.0 * exp(
                    0.38 * fleet_normal(stream, 4)
                    -- Some days bring a stall cars that take more.
                    + 0.3 * fleet_normal(day_stream, 3)
                ), 60.0
            ), 396.0) as peak_kw,
            15.0 + 30.0 * fleet_uniform(stream, 5) as rest_in_s,
            15.0 + 45.0 * fleet_uniform(stream, 6) as rest_out_s,
            1.0 + exp(0.25 * fleet_normal(stream, 7)) as decay_factor,
            fleet_uniform(stream, 8) as floor_draw
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
            peak_kw - least(38.0 + 40.0 * floor_draw, 0.8 * peak_kw)
                as step_kw,
            -- A battery takes much power for a short time or less for longer.
            greatest(
                420.0 * decay_factor * pow(150.0 / peak_kw, 0.9), 150.0
            ) as power_s
        from charged
    )

    select * from shaped"
  ) %}
{% endmacro %}


{#-
  Phases. Within a session the power is at rest, charging, folded back (only
  where a pole came near its limit), at rest again; in each phase it is a
  constant plus one decaying exponential, so fleet_rise gives every temperature
  from the rise at the phase's start. The ambient is linear over a session.
-#}
{% macro fleet_create_phases(options) %}
  {% do run_query(
    "create or replace temp table fleet_heated as
    with

    -- Keeps the power's time constants off the poles': see fleet_rise.
    joined as (
        select
            fleet_sessions.* exclude (power_s),
            fleet_components.ids,
            fleet_components.neg_resistance,
            fleet_components.pos_resistance,
            fleet_components.pcba_resistance,
            fleet_components.pole_s,
            fleet_components.pcba_s,
            fleet_components.site_excess_c + fleet_components.pole_offset_c
                as pole_offset_c,
            fleet_components.site_excess_c + fleet_components.pcba_offset_c
                as pcba_offset_c,
            case
                when
                    abs(power_s / pole_s - 1.0) < 0.02
                    or abs(power_s / pole_s - 2.0) < 0.04
                    or abs(power_s / pcba_s - 1.0) < 0.02
                    or abs(power_s / pcba_s - 2.0) < 0.04
                    then power_s * 1.09
                else power_s
            end as power_s,
            fleet_ambient(
                started_ms, ambient_c, day_swing_c, slow_swing_c, slow_phase,
                utc_offset_hours
            ) as ambient_start_c,
            fleet_ambient(
                ended_ms, ambient_c, day_swing_c, slow_swing_c, slow_phase,
                utc_offset_hours
            ) as ambient_end_c,
            " ~ options.fold_back_c ~ " - 1.5
            + 3.0 * fleet_uniform(fleet_components.stream, 12) as fold_back_c
        from fleet_sessions
        inner join fleet_components
            on fleet_sessions.component_no = fleet_components.component_no
    ),

    -- The warmth a session leaves, as if it had started cold.
    cold as (
        select
            joined.*,
            fleet_rise(
                0.0, charge_s, pole_s, neg_resistance, floor_kw, step_kw,
                power_s
            ) * exp(-rest_out_s / pole_s) as neg_left_c,
            fleet_rise(
                0.0, charge_s, pole_s, pos_resistance, floor_kw, step_kw,
                power_s
            ) * exp(-rest_out_s / pole_s) as pos_left_c,
            fleet_rise(
                0.0, charge_s, pcba_s, pcba_resistance, floor_kw, step_kw,
                power_s
            ) * exp(-rest_out_s / pcba_s) as pcba_left_c
        from joined
    ),

    -- The next car finds what is left of it.
    residual as (
        select
            cold.*,
            (started_ms - lag(ended_ms) over component) / 1000.0 as idle_s,
            lag(neg_left_c) over component as neg_before_c,
            lag(pos_left_c) over component as pos_before_c,
            lag(pcba_left_c) over component as pcba_before_c
        from cold
        window component as (partition by component_no order by session_no)
    ),

    at_start as (
        select
            * exclude (
                idle_s, neg_before_c, pos_before_c, pcba_before_c,
                neg_left_c, pos_left_c, pcba_left_c
            ),
            coalesce(neg_before_c * exp(-idle_s / pole_s), 0.0) as neg_0,
            coalesce(pos_before_c * exp(-idle_s / pole_s), 0.0) as pos_0,
            coalesce(pcba_before_c * exp(-idle_s / pcba_s), 0.0) as pcba_0
        from residual
    ),

    at_plug_in as (
        select
            at_start.*,
            fleet_rise(
                neg_0, rest_in_s, pole_s, neg_resistance, 20.0, 0.0, 77.7
            ) as neg_1,
            fleet_rise(
                pos_0, rest_in_s, pole_s, pos_resistance, 20.0, 0.0, 77.7
            ) as pos_1,
            fleet_rise(
                pcba_0, rest_in_s, pcba_s, pcba_resistance, 20.0, 0.0, 77.7
            ) as pcba_1
        from at_start
    )

    select * from at_plug_in"
  ) %}

  {#- The controller folds power back on where a pole's temperature is heading
      (the temperature plus some seconds of its slope), as the first of a grid
      of 5 s, and only sessions that can get there are looked at. -#}
  {% do run_query(
    "create or replace temp table fleet_fold_backs as
    with

    suspects as (
        select *
        from fleet_heated
        where
            greatest(ambient_start_c, ambient_end_c) + pole_offset_c
            + greatest(neg_0, pos_0)
            + greatest(neg_resistance, pos_resistance)
            * pow(floor_kw + step_kw, 2) > fold_back_c - 1.0
    ),

    seconds as (
        select
            suspects.*,
            unnest(range(0, charge_s::bigint, 5))::double as x
        from suspects
    ),

    rises as (
        select
            seconds.component_no,
            seconds.session_no,
            seconds.x,
            seconds.fold_back_c - seconds.pole_offset_c
            - seconds.ambient_start_c as limit_rise_c,
            seconds.pole_s,
            pow(fleet_power(x, floor_kw, step_kw, power_s), 2)
                as square_kw,
            seconds.neg_resistance,
            seconds.pos_resistance,
            fleet_rise(
                neg_1, x, pole_s, neg_resistance, floor_kw, step_kw, power_s
            ) as neg_rise_c,
            fleet_rise(
                pos_1, x, pole_s, pos_resistance, floor_kw, step_kw, power_s
            ) as pos_rise_c
        from seconds
    )

    select
        component_no,
        session_no,
        min(x) as fold_s
    from rises
    where
        greatest(
            neg_rise_c + 22.0 * (neg_resistance * square_kw - neg_rise_c)
            / pole_s,
            pos_rise_c + 22.0 * (pos_resistance * square_kw - pos_rise_c)
            / pole_s
        ) >= limit_rise_c
        and greatest(neg_rise_c, pos_rise_c) > 0.4 * limit_rise_c
    group by component_no, session_no"
  ) %}

  {% do run_query(
    "create or replace temp table fleet_phases as
    with

    foldable as (
        select
            fleet_heated.*,
            fleet_fold_backs.fold_s,
            fleet_power(
                fold_s, floor_kw, step_kw, power_s
            ) as fold_kw,
            coalesce(fold_s, charge_s) as full_s
        from fleet_heated
        left join fleet_fold_backs
            on
                fleet_heated.component_no = fleet_fold_backs.component_no
                and fleet_heated.session_no = fleet_fold_backs.session_no
    ),

    at_fold as (
        select
            foldable.*,
            fleet_rise(
                neg_1, full_s, pole_s, neg_resistance, floor_kw, step_kw,
                power_s
            ) as neg_2,
            fleet_rise(
                pos_1, full_s, pole_s, pos_resistance, floor_kw, step_kw,
                power_s
            ) as pos_2,
            fleet_rise(
                pcba_1, full_s, pcba_s, pcba_resistance, floor_kw, step_kw,
                power_s
            ) as pcba_2
        from foldable
    ),

    at_unplug as (
        select
            at_fold.*,
            case
                when fold_s is null then neg_2
                else fleet_rise(
                    neg_2, charge_s - fold_s, pole_s, neg_resistance,
                    0.25 * fold_kw, 0.75 * fold_kw, 91.3
                )
            end as neg_3,
            case
                when fold_s is null then pos_2
                else fleet_rise(
                    pos_2, charge_s - fold_s, pole_s, pos_resistance,
                    0.25 * fold_kw, 0.75 * fold_kw, 91.3
                )
            end as pos_3,
            case
                when fold_s is null then pcba_2
                else fleet_rise(
                    pcba_2, charge_s - fold_s, pcba_s, pcba_resistance,
                    0.25 * fold_kw, 0.75 * fold_kw, 91.3
                )
            end as pcba_3
        from at_fold
    ),

    phases as (
        select
            at_unplug.*,
            'rest' as phase,
            0.0 as from_s,
            rest_in_s as to_s,
            20.0 as phase_floor_kw,
            0.0 as phase_step_kw,
            77.7 as phase_power_s,
            neg_0 as neg_rise_c,
            pos_0 as pos_rise_c,
            pcba_0 as pcba_rise_c
        from at_unplug
        union all
        select
            at_unplug.*,
            'charge' as phase,
            rest_in_s as from_s,
            rest_in_s + full_s as to_s,
            floor_kw as phase_floor_kw,
            step_kw as phase_step_kw,
            power_s as phase_power_s,
            neg_1 as neg_rise_c,
            pos_1 as pos_rise_c,
            pcba_1 as pcba_rise_c
        from at_unplug
        union all
        select
            at_unplug.*,
            'fold_back' as phase,
            rest_in_s + full_s as from_s,
            rest_in_s + charge_s as to_s,
            0.25 * fold_kw as phase_floor_kw,
            0.75 * fold_kw as phase_step_kw,
            91.3 as phase_power_s,
            neg_2 as neg_rise_c,
            pos_2 as pos_rise_c,
            pcba_2 as pcba_rise_c
        from at_unplug
        where fold_s is not null
        union all
        select
            at_unplug.*,
            'rest' as phase,
            rest_in_s + charge_s as from_s,
            rest_in_s + charge_s + rest_out_s as to_s,
            20.0 as phase_floor_kw,
            0.0 as phase_step_kw,
            77.7 as phase_power_s,
            neg_3 as neg_rise_c,
            pos_3 as pos_rise_c,
            pcba_3 as pcba_rise_c
        from at_unplug
    )

    select
        component_no,
        session_no,
        stream,
        ids,
        phase,
        started_ms,
        started_ms + (1000.0 * from_s)::bigint as from_ms,
        started_ms + (1000.0 * to_s)::bigint as to_ms,
        from_s,
        to_s,
        ambient_start_c,
        (ambient_end_c - ambient_start_c) * 1000.0
        / (ended_ms - started_ms) as ambient_c_per_s,
        pole_offset_c,
        pcba_offset_c,
        neg_resistance,
        pos_resistance,
        pcba_resistance,
        pole_s,
        pcba_s,
        phase_floor_kw as floor_kw,
        phase_step_kw as step_kw,
        phase_power_s as power_s,
        neg_rise_c,
        pos_rise_c,
        pcba_rise_c
    from phases"
  ) %}
  {% do run_query("drop table fleet_heated") %}
{% endmacro %}
