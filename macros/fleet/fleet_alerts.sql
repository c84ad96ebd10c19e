{#-
  Alerts follow from what the sensors say. A controller raises each alert once
  per session, and the message is late: mostly by seconds, sometimes by hours,
  when nothing is charging any more.
-#}
{% macro fleet_create_triggers() %}
  {% do run_query(
    "create or replace temp table fleet_triggers (
        component_no bigint,
        session_no bigint,
        alert_name varchar,
        at_ms bigint
    )"
  ) %}
{% endmacro %}


{% macro fleet_add_triggers() %}
  {% do run_query(
    "insert into fleet_triggers
    with

    first_moments as (
        select
            component_no,
            session_no,
            min(at_ms) filter (
                abs(neg_c - pos_c) > 13 and power_kw > 40
            ) as imbalance_ms,
            min(at_ms) filter (
                sensor_event != 'frozen' and fault_pole = 'neg'
            ) as nonsense_ms,
            min(at_ms) filter (neg_c > 105) as too_hot_ms,
            min(at_ms) filter (
                phase = 'fold_back' and neg_c > pos_c
            ) as fold_back_ms
        from fleet_core_readings
        where
            abs(neg_c - pos_c) > 13
            or neg_c > 105
            or sensor_event is not null
            or phase = 'fold_back'
        group by component_no, session_no
    ),

    named as (
        select
            component_no,
            session_no,
            unnest([
                'LM_a141_cableTempImbalance',
                'LM_a191_negTempRationality',
                'LM_a188_negTempOT',
                'LM_a243_negCoreTempHiFoldBk'
            ]) as alert_name,
            unnest([imbalance_ms, nonsense_ms, too_hot_ms, fold_back_ms])
                as at_ms
        from first_moments
    )

    select
        component_no,
        session_no,
        alert_name,
        at_ms
    from named
    where at_ms is not null"
  ) %}
{% endmacro %}


{% macro fleet_create_alerts(options) %}
  {% do run_query(
    "create or replace temp table fleet_alerts as
    with

    -- A session over midnight is looked at on both days.
    raised as (
        select
            component_no,
            session_no,
            alert_name,
            min(at_ms) as at_ms
        from fleet_triggers
        group by component_no, session_no, alert_name
    ),

    streamed as (
        select
            raised.*,
            hash(
                fleet_components.stream, raised.session_no, raised.alert_name
            ) >> 2 as stream
        from raised
        inner join fleet_components
            on raised.component_no = fleet_components.component_no
    ),

    delayed as (
        select
            component_no,
            alert_name,
            at_ms + (1000.0 * case
                when fleet_uniform(stream, 1) < 0.6
                    then 0.2 + 15.0 * fleet_exponential(stream, 2)
                when fleet_uniform(stream, 1) < 0.85
                    then 120.0 + 1100.0 * fleet_uniform(stream, 2)
                else 1800.0 + 12600.0 * fleet_uniform(stream, 2)
            end)::bigint as at_ms
        from streamed
    ),

    -- Nothing to do with charging: a sensor that is no longer updated.
    stale as (
        select
            component_no,
            'LM_a247_ambientTempStale' as alert_name,
            " ~ options.start_ms ~ " + 86400000 * days.range
            + (86399000.0 * fleet_uniform(stream, 500000 + days.range))::bigint
                as at_ms
        from fleet_components
        cross join range(" ~ options.days ~ ") as days
        where
            fleet_uniform(stream, 600000 + days.range)
            < " ~ options.stale_alerts_per_component_day ~ "
    ),

    alerts as (
        select * from delayed
        union all
        select * from stale
    )

    select
        row_number() over (
            order by alerts.at_ms, alerts.component_no, alerts.alert_name
        ) - 1 as row_no,
        fleet_components.ids,
        alerts.at_ms,
        alerts.alert_name
    from alerts
    inner join fleet_components
        on alerts.component_no = fleet_components.component_no
    where alerts.at_ms < " ~ options.end_ms
  ) %}
{% endmacro %}
