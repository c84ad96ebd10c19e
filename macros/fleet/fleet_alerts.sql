{#-
  Alerts, as the real week has them: most come from one broken sensor that
  chatters, some from uneven poles, some from a cabinet whose ambient sensor is
  stale. A handle that is truly hot raises none for its heat.
-#}

{#- Readings at which a controller finds the poles uneven. A sensor that reads
    nonsense is left out: what it raises follows from its events. -#}
{% macro fleet_create_imbalances() %}
  {% do run_query(
    "create or replace temp table fleet_imbalances (
        component_no bigint,
        session_no bigint,
        at_ms bigint
    )"
  ) %}
{% endmacro %}


{% macro fleet_add_imbalances() %}
  {% do run_query(
    "insert into fleet_imbalances
    select
        fleet_core_readings.component_no,
        fleet_core_readings.session_no,
        fleet_core_readings.at_ms
    from fleet_core_readings
    inner join fleet_components
        on fleet_core_readings.component_no = fleet_components.component_no
    where
        abs(neg_c - pos_c) > imbalance_limit_c
        and power_kw > 40
        and coalesce(sensor_event, 'frozen') = 'frozen'"
  ) %}
{% endmacro %}


{% macro fleet_create_alerts(options) %}
  {% do run_query(
    "create or replace temp table fleet_alerts as
    with

    -- While the poles stay uneven, the alert is raised again after each pause.
    repeats as (
        select
            *,
            (
                at_ms - min(at_ms) over (partition by component_no, session_no)
            ) // 100000 as repeat_no
        from fleet_imbalances
    ),

    raised as (
        select
            repeats.component_no,
            repeat_no,
            hash(fleet_components.stream, session_no) >> 2 as stream,
            min(repeats.at_ms) as at_ms
        from repeats
        inner join fleet_components
            on repeats.component_no = fleet_components.component_no
        group by all
    ),

    -- The messages of a session are late together: mostly by seconds,
    -- sometimes by hours, when nothing is charging any more.
    uneven as (
        select
            component_no,
            'LM_a141_cableTempImbalance' as alert_name,
            at_ms + (1000.0 * case
                when fleet_uniform(stream, 1) < 0.6
                    then 0.2 + 15.0 * fleet_exponential(stream, 2)
                when fleet_uniform(stream, 1) < 0.85
                    then 120.0 + 1100.0 * fleet_uniform(stream, 2)
                else 1800.0 + 12600.0 * fleet_uniform(stream, 2)
            end + 8.0 * fleet_uniform(stream, 10 + repeat_no))::bigint
                as at_ms
        from raised
    ),

    -- The loose sensor flaps as the cable is put back, and for minutes after:
    -- each alert clears and is raised again within seconds. A jump that reads
    -- as heat is taken for heat.
    chattering as (
        select
            component_no,
            alert_name,
            pause_ms,
            hash(component_no, alert_name, from_ms) >> 2 as stream,
            case when is_of_heat then from_ms else unplugged_ms end
                as from_ms,
            case when is_of_heat then to_ms else unplugged_ms + chatter_ms end
                as to_ms
        from fleet_sensor_events
        cross join (
            values
            ('LM_a191_negTempRationality', 4500, false),
            ('LM_a141_cableTempImbalance', 9600, false),
            ('LM_a188_negTempOT', 4000, true),
            ('LM_a243_negCoreTempHiFoldBk', 6800, true)
        ) as flapping (alert_name, pause_ms, is_of_heat)
        where
            fault_pole = 'neg'
            and kind != 'frozen'
            and (kind = 'hot_jump') = is_of_heat
    ),

    flaps as (
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
                pause_ms * (flap_no + fleet_uniform(stream, flap_no))
            )::bigint as at_ms
        from flaps
    ),

    -- The handles of a cabinet share its ambient sensor, and so their moments.
    assets as (
        select
            asset_no,
            fleet_stream('asset', " ~ options.seed ~ ", asset_no) as stream,
            count(*) as handle_count,
            bool_or(own_fault = 'sensor_fault') as has_broken_sensor
        from fleet_components
        group by asset_no
    ),

    stale_assets as (
        select *
        from assets
        order by
            has_broken_sensor,
            handle_count desc,
            fleet_uniform(stream, 1),
            asset_no
        limit " ~ options.stale_assets ~ "
    ),

    stale as (
        select
            fleet_components.component_no,
            'LM_a247_ambientTempStale' as alert_name,
            " ~ options.start_ms ~ " + (
                86400000.0 * " ~ options.days ~ "
                * fleet_uniform(stale_assets.stream, 10 + moments.range)
            )::bigint as at_ms
        from stale_assets
        cross join range(" ~ options.stale_moments ~ ") as moments
        inner join fleet_components
            on stale_assets.asset_no = fleet_components.asset_no
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
        fleet_components.ids,
        alerts.at_ms,
        alerts.alert_name
    from alerts
    inner join fleet_components
        on alerts.component_no = fleet_components.component_no
    where alerts.at_ms < " ~ options.end_ms
  ) %}
{% endmacro %}
