-- Values derived from the arguments.
create macro start_ms() as epoch_ms(getvariable('start_date')::date);
create macro end_ms() as
start_ms() + 86400000::bigint * getvariable('days');

create macro growth_ms() as 86400000.0 * getvariable('growth_days');

-- The UTC day whose readings are written.
create macro day_ms() as
start_ms() + 86400000::bigint * getvariable('day_no');
create macro next_day_ms() as day_ms() + 86400000;

-- Doubles, not exact decimals: the last digit of a time depends on it.
create macro temp_interval_ms() as
getvariable('temp_interval_seconds')::double * 1000.0;
create macro power_interval_ms() as
getvariable('power_interval_seconds')::double * 1000.0;

-- Degrees of lasting rise per kW^2 of a healthy pole, as in the real week.
create macro healthy_resistance() as
0.00078::double * getvariable('resistance_scale')::double;

create macro faulty_components() as round_even(
    getvariable('faulty_share')::double * getvariable('components'), 0
)::bigint;

-- Enough sessions for the period and the two hours before it.
create macro candidate_sessions() as trunc(
    (getvariable('days') * 86400 + 7200) * 1.35::double
    / (getvariable('session_minutes')::double * 60.0 + 240.0)
    + 20.0
)::bigint;

-- The real week has 13 stale alerts, at all handles of one cabinet in 51.
create macro stale_moments() as
greatest(round_even(1.625 * getvariable('days'), 0)::bigint, 1);

create macro stale_assets() as if(
    getvariable('stale_alerts_per_component_day') = 0,
    0,
    greatest(
        round_even(
            getvariable('stale_alerts_per_component_day')::double
            * getvariable('days') * getvariable('assets') / stale_moments(),
            0
        )::bigint,
        1
    )
);
