{#-
  Who is in the fleet: sites with their climate, components with their thermal
  constants, and which of them are faulty, how and how badly.
-#}
{% macro fleet_create_sites(options) %}
  {% do run_query(
    "create or replace temp table fleet_sites as
    with

    numbered as (
        select
            sites.range as site_no,
            fleet_stream('site', " ~ options.seed ~ ", sites.range) as stream
        from range(" ~ options.sites ~ ") as sites
    ),

    ranked as (
        select
            numbered.*,
            row_number() over (
                order by fleet_uniform(numbered.stream, 9), numbered.site_no
            ) as hot_rank
        from numbered
    ),

    described as (
        select
            site_no,
            stream,
            -- An odd factor makes this a bijection on 32 bits: ids look hashed
            -- and can never collide.
            ((site_no * 2654435761 + " ~ options.seed ~ " * 40503 + 77777777)
                % 4294967296 - 2147483648)::varchar as site_id,
            " ~ options.ambient_mean_c ~ "
            + " ~ options.site_spread_c ~ "
            * fleet_normal(stream, 1) as ambient_c,
            5.0 + 2.5 * fleet_uniform(stream, 2) as day_swing_c,
            4.6 as slow_swing_c,
            fleet_uniform(stream, 3) as slow_phase,
            -8.0 + floor(4.0 * fleet_uniform(stream, 4)) as utc_offset_hours,
            case
                when hot_rank <= " ~ options.hot_sites ~ "
                    then round(
                        " ~ options.fault_strength ~ "
                        * (5.0 + 7.0 * fleet_uniform(stream, 5)),
                        2
                    )
                else 0.0
            end as site_excess_c
        from ranked
    )

    select * from described"
  ) %}
{% endmacro %}


{% macro fleet_create_components(options) %}
  {% do run_query(
    "create or replace temp table fleet_components as
    with

    numbered as (
        select
            components.range as component_no,
            components.range % " ~ options.assets ~ " as asset_no,
            components.range % " ~ options.assets ~ " % " ~ options.sites ~ "
                as site_no,
            fleet_stream(
                'component', " ~ options.seed ~ ", components.range
            ) as stream
        from range(" ~ options.components ~ ") as components
    ),

    ranked as (
        select
            numbered.*,
            row_number() over (
                order by
                    fleet_uniform(numbered.stream, 1), numbered.component_no
            ) - 1 as fault_rank
        from numbered
    ),

    faults as (
        select
            ranked.*,
            case
                when fault_rank >= " ~ options.faulty_components ~ " then 'none'
                when fault_rank % 3 = 0 then 'contact_resistance'
                when fault_rank % 3 = 1 then 'weak_cooling'
                else 'sensor_fault'
            end as own_fault,
            -- How often the cause was drawn before: poles and kinds of sensor
            -- fault take turns, so that a small fleet has them all.
            fault_rank // 3 as fault_turn,
            fleet_uniform(stream, 2) as severity
        from ranked
    ),

    strengths as (
        select
            faults.*,
            -- contact_resistance: times the ordinary resistance of that pole.
            -- weak_cooling: times less heat carried off, at both poles.
            -- sensor_fault: open circuits and jumps, nearly so many a day.
            case own_fault
                when 'none' then 0.0
                when 'sensor_fault' then " ~ options.fault_strength ~ "
                    * (0.8 + 0.8 * severity)
                else 1.0 + " ~ options.fault_strength ~ "
                    * (0.3 + 1.2 * severity)
            end as own_strength,
            case
                when own_fault = 'weak_cooling' then 'both'
                when own_fault = 'none' then null
                when fault_turn % 2 = 0 then 'neg'
                else 'pos'
            end as fault_pole,
            case
                when own_fault != 'sensor_fault' then null
                when fault_turn % 4 in (0, 3) then 'open_circuit'
                else 'frozen'
            end as sensor_mode
        from faults
    ),

    spread as (
        select
            strengths.*,
            " ~ options.fleet_resistance ~ " * exp(
                " ~ options.resistance_spread ~ " * fleet_normal(stream, 3)
            ) as resistance,
            exp(
                0.5 * " ~ options.resistance_spread ~ "
                * fleet_normal(stream, 4)
            ) as neg_deviation,
            exp(
                0.5 * " ~ options.resistance_spread ~ "
                * fleet_normal(stream, 5)
            ) as pos_deviation,
            case
                when own_fault = 'weak_cooling' then own_strength
                else 1.0
            end as cooling_loss
        from strengths
    ),

    thermal as (
        select
            spread.*,
            -- Resistance is degrees of lasting rise per kW^2 = r / h, the time
            -- constant is C / h: less cooling stretches both.
            resistance * neg_deviation * cooling_loss * case
                when own_fault = 'contact_resistance' and fault_pole = 'neg'
                    then own_strength
                else 1.0
            end as neg_resistance,
            resistance * pos_deviation * cooling_loss * case
                when own_fault = 'contact_resistance' and fault_pole = 'pos'
                    then own_strength
                else 1.0
            end as pos_resistance,
            " ~ options.thermal_time_constant_seconds ~ " * cooling_loss
            * exp(0.1 * fleet_normal(stream, 6)) as pole_s,
            " ~ options.pcba_resistance ~ " * exp(
                " ~ options.resistance_spread ~ " * fleet_normal(stream, 7)
            ) as pcba_resistance,
            2.5 * " ~ options.thermal_time_constant_seconds ~ "
            * exp(0.1 * fleet_normal(stream, 8)) as pcba_s,
            -- What electronics and cabinet add to the air, in use or not.
            " ~ options.pole_offset_c ~ " + fleet_normal(stream, 9)
                as pole_offset_c,
            " ~ options.pcba_offset_c ~ " + 1.2 * fleet_normal(stream, 10)
                as pcba_offset_c,
            exp(0.45 * fleet_normal(stream, 11) - 0.10) as popularity,
            -- Controllers differ in how uneven the poles may be.
            18.0 + 20.0 * fleet_uniform(stream, 50) as imbalance_limit_c
        from spread
    ),

    described as (
        select
            thermal.*,
            fleet_sites.* exclude (site_no, stream),
            ((asset_no * 2246822519 + " ~ options.seed ~ " * 7919 + 314159265)
                % 4294967296 - 2147483648)::varchar as asset_id,
            ((component_no * 3266489917 + " ~ options.seed ~ " * 104729
                + 271828182) % 4294967296 - 2147483648)::varchar
                as component_id
        from thermal
        inner join fleet_sites on thermal.site_no = fleet_sites.site_no
    )

    select
        *,
        site_id || ',' || asset_id || ',' || component_id as ids,
        case
            when own_fault = 'none' and site_excess_c > 0 then 'hot_site'
            else own_fault
        end as fault_cause
    from described"
  ) %}
{% endmacro %}
