-- One row per site, with its climate.
create table sites as
with

numbered as (
    select
        numbers.range as site_no,
        stream_of('site', numbers.range) as stream
    from range(getvariable('sites')) as numbers
),

ranked as (
    select
        *,
        row_number() over (
            order by draw_uniform(stream, 9), site_no
        ) as hot_rank
    from numbered
),

described as (
    select
        site_no,
        stream,
        -- An odd factor makes this a bijection on 32 bits: ids look hashed but
        -- never collide.
        (
            (
                site_no * 2654435761
                + getvariable('seed')::bigint * 40503
                + 77777777
            ) % 4294967296 - 2147483648
        )::varchar as site_id,
        getvariable('ambient_mean_c')
        + getvariable('site_spread_c')
        * draw_normal(stream, 1) as ambient_c,
        5.0 + 2.5 * draw_uniform(stream, 2) as day_swing_c,
        4.6 as slow_swing_c,
        draw_uniform(stream, 3) as slow_phase,
        -8.0 + floor(4.0 * draw_uniform(stream, 4)) as utc_offset_hours,
        if(
            hot_rank <= getvariable('hot_sites'),
            coalesce(
                getvariable('hot_site_excess_c'),
                round(
                    getvariable('fault_strength')
                    * (5.0 + 7.0 * draw_uniform(stream, 5)),
                    2
                )
            ),
            0.0
        ) as site_excess_c
    from ranked
)

select * exclude (stream) from described;

-- One row per component, with its thermal constants and its fault.
create table components as
with

numbered as (
    select
        numbers.range as component_no,
        numbers.range % getvariable('assets') as asset_no,
        asset_no % getvariable('sites') as site_no,
        stream_of('component', numbers.range) as stream
    from range(getvariable('components')) as numbers
),

ranked as (
    select
        *,
        row_number() over (
            order by draw_uniform(stream, 1), component_no
        ) - 1 as fault_rank
    from numbered
),

faults as (
    select
        *,
        case
            when fault_rank >= faulty_components() then 'none'
            when fault_rank % 3 = 0 then 'contact_resistance'
            when fault_rank % 3 = 1 then 'weak_cooling'
            else 'sensor_fault'
        end as own_fault,
        -- Poles and kinds of sensor fault take turns, so that a small fleet has
        -- them all.
        fault_rank // 3 as fault_turn,
        draw_uniform(stream, 2) as severity
    from ranked
),

strengths as (
    select
        *,
        -- contact_resistance: factor of one pole's resistance.
        -- weak_cooling: factor by which both poles lose less heat.
        -- sensor_fault: about the number of events per day.
        case own_fault
            when 'none' then 0.0
            when 'sensor_fault'
                then getvariable('fault_strength') * (0.8 + 0.8 * severity)
            else
                coalesce(
                    getvariable('fault_factor'),
                    1.0 + getvariable('fault_strength') * (0.3 + 1.2 * severity)
                )
        end as own_strength,
        -- At least one whole day lies before the onset, and one between the
        -- full strength and the repair.
        case
            when
                own_fault != 'none'
                and draw_uniform(stream, 51) < getvariable('onset_share')
                then middle_day(1, draw_uniform(stream, 52))
        end as onset_day,
        coalesce(onset_day + getvariable('growth_days'), 0) as full_day,
        case
            when
                own_fault != 'none'
                and draw_uniform(stream, 53) < getvariable('repair_share')
                then middle_day(full_day + 1, draw_uniform(stream, 54))
        end as repair_day,
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
        *,
        healthy_resistance() * exp(
            getvariable('resistance_spread') * draw_normal(stream, 3)
        ) as resistance,
        exp(
            0.5 * getvariable('resistance_spread') * draw_normal(stream, 4)
        ) as neg_deviation,
        exp(
            0.5 * getvariable('resistance_spread') * draw_normal(stream, 5)
        ) as pos_deviation,
        -- The factors of the fault at full strength: on the rise of each pole,
        -- and on the time constant of both. Less cooling raises all three
        -- equally.
        if(own_fault = 'weak_cooling', own_strength, 1.0) as slowing_factor,
        if(
            own_fault = 'contact_resistance' and fault_pole = 'neg',
            own_strength,
            slowing_factor
        ) as neg_factor,
        if(
            own_fault = 'contact_resistance' and fault_pole = 'pos',
            own_strength,
            slowing_factor
        ) as pos_factor,
        getvariable('start_date')::date + onset_day as onset_on,
        getvariable('start_date')::date + repair_day as repaired_on
    from strengths
),

heating as (
    select
        *,
        -- Degrees of lasting rise per kW^2, without the fault.
        resistance * neg_deviation as neg_resistance,
        resistance * pos_deviation as pos_resistance,
        exp(0.1 * draw_normal(stream, 6)) as pole_slowness,
        0.00075 * exp(
            getvariable('resistance_spread') * draw_normal(stream, 7)
        ) as pcba_resistance,
        2.5 * getvariable('thermal_time_constant_seconds')
        * exp(0.1 * draw_normal(stream, 8)) as pcba_s,
        -- Electronics and cabinet warm the air, in use or not.
        21.5 + draw_normal(stream, 9) as pole_offset_c,
        23.6 + 1.2 * draw_normal(stream, 10) as pcba_offset_c,
        exp(0.45 * draw_normal(stream, 11) - 0.10) as popularity,
        -- The controller's limits: of heat, and of the poles' difference.
        getvariable('fold_back_c') - 1.5 + 3.0 * draw_uniform(stream, 12)
            as fold_back_c,
        18.0 + 20.0 * draw_uniform(stream, 50) as imbalance_limit_c
    from spread
),

described as (
    select
        *,
        (
            (
                heating.asset_no * 2246822519
                + getvariable('seed')::bigint * 7919
                + 314159265
            ) % 4294967296 - 2147483648
        )::varchar as asset_id,
        (
            (
                heating.component_no * 3266489917
                + getvariable('seed')::bigint * 104729
                + 271828182
            ) % 4294967296 - 2147483648
        )::varchar as component_id
    from heating
    inner join sites using (site_no)
)

select
    * exclude (stream),
    stream as component_stream,
    site_id || ',' || asset_id || ',' || component_id as ids,
    case
        when own_fault = 'none' and site_excess_c > 0 then 'hot_site'
        else own_fault
    end as fault_cause
from described;
