-- Random numbers. Every drawn number is a hash of a stream and a counter. A
-- stream is a 62-bit number of one site, component or session. So a value
-- depends on the seed and its use, never on the order of threads as random()
-- does.
create macro stream_of(kind, number) as
hash(kind, getvariable('seed')::bigint, number::bigint) >> 2;

create macro substream_of(stream, number) as
hash(stream + number::ubigint) >> 2;

create macro draw_uniform(stream, number) as
(hash(stream + number::ubigint) >> 11)::double / 9007199254740992.0;

-- The sum of four 16-bit uniforms of one hash: nearly normal, no tail beyond
-- 3.5 sigma, and several times cheaper than Box-Muller.
create macro normal_of_bits(bits) as (
    (
        (bits & 65535)
        + ((bits >> 16) & 65535)
        + ((bits >> 32) & 65535)
        + (bits >> 48)
    )::double / 65536.0 - 2.0
) * 1.7320508075688772;

create macro draw_normal(stream, number) as
normal_of_bits(hash(stream + number::ubigint));

create macro draw_exponential(stream, number) as
-ln(1.0 - draw_uniform(stream, number));

-- A day from the middle of the period's remaining days: 20 % to 70 % of them
-- come before. Null if none remain.
create macro middle_day(first_day, draw) as if(
    first_day < getvariable('days'),
    floor(first_day + (getvariable('days') - first_day) * (0.2 + 0.5 * draw)),
    null
)::integer;

-- Is the time in [onset, repair)? A null day is no limit.
create macro is_faulty_at(at_ms, onset_on, repaired_on) as
coalesce(at_ms >= epoch_ms(onset_on), true)
and coalesce(at_ms < epoch_ms(repaired_on), true);

-- Share of its full strength that a fault has at a time.
create macro grown_at(at_ms, onset_on, repaired_on) as case
    when not is_faulty_at(at_ms, onset_on, repaired_on) then 0.0
    when onset_on is null or growth_ms() = 0 then 1.0
    else least((at_ms - epoch_ms(onset_on)) / growth_ms(), 1.0)
end::double;

-- Exact at both ends: 1.0 before the onset, the factor itself at full strength.
create macro grown_factor(factor, grown_share) as
1.0 + (factor - 1.0) * grown_share;

-- Power after x seconds of a phase.
create macro power_at(x, floor_kw, step_kw, power_s) as
floor_kw + step_kw * exp(-x / power_s);

-- Rise above ambient after x seconds: the closed form of
--   pole_s * d(rise)/dt = resistance * power_at(x)^2 - rise,
-- with rise = start_c at x = 0. The square of the power is a constant and two
-- exponentials; response_to is the pole's answer to one of them. response_to
-- divides by zero at pole_s = power_s: phases.sql keeps the two apart.
create macro response_to(x, pole_s, power_s) as
(exp(-x / power_s) - exp(-x / pole_s)) / (1.0 - pole_s / power_s);

create macro rise_at(
    start_c, x, pole_s, resistance, floor_kw, step_kw, power_s
) as
start_c * exp(-x / pole_s)
+ resistance * (
    floor_kw * floor_kw * (1.0 - exp(-x / pole_s))
    + 2.0 * floor_kw * step_kw * response_to(x, pole_s, power_s)
    + step_kw * step_kw * response_to(x, pole_s, power_s / 2.0)
);

-- Rise of both poles and the PCBA after x seconds of a phase.
create macro rises_at(start_c, x, thermal, floor_kw, step_kw, power_s) as {
    'neg': rise_at(
        start_c.neg, x, thermal.pole_s, thermal.neg_resistance,
        floor_kw, step_kw, power_s
    ),
    'pos': rise_at(
        start_c.pos, x, thermal.pole_s, thermal.pos_resistance,
        floor_kw, step_kw, power_s
    ),
    'pcba': rise_at(
        start_c.pcba, x, thermal.pcba_s, thermal.pcba_resistance,
        floor_kw, step_kw, power_s
    )
};

-- The remaining rise after x idle seconds.
create macro decayed(rise_c, x, thermal) as {
    'neg': rise_c.neg * exp(-x / thermal.pole_s),
    'pos': rise_c.pos * exp(-x / thermal.pole_s),
    'pcba': rise_c.pcba * exp(-x / thermal.pcba_s)
};

-- The season is coldest in the middle of January, 14.5 days into the year.
create macro ambient_at(
    at_ms, mean_c, day_c, slow_c, slow_phase, utc_offset_hours
) as
mean_c
+ day_c * sin(
    2.0 * pi() * (at_ms / 3600000.0 + utc_offset_hours - 9.0) / 24.0
)
+ slow_c * sin(2.0 * pi() * (at_ms / 86400000.0 / 3.1 + slow_phase))
+ 0.6 * slow_c
* sin(2.0 * pi() * (at_ms / 86400000.0 / 1.7 - 3.0 * slow_phase))
- getvariable('season_swing_c')
* cos(2.0 * pi() * (at_ms / 86400000.0 - 14.5) / 365.25);
