{#-
  The arithmetic of the generator, as DuckDB macros of this connection.

  Randomness. Every drawn number is a hash of (stream, n): a stream is a 62-bit
  number that belongs to one site, component or session, n counts the draws
  from it. So a value depends on the seed and on what it is drawn for, never on
  the order in which two threads reach it, as random() would.
-#}
{% macro fleet_create_functions() %}
  {% set statements = [
    "create or replace temp macro fleet_stream(kind, seed, number) as
      hash(kind, seed::bigint, number::bigint) >> 2",
    "create or replace temp macro fleet_substream(stream, number) as
      hash(stream + number::ubigint) >> 2",

    "create or replace temp macro fleet_uniform(stream, number) as
      (hash(stream + number::ubigint) >> 11)::double / 9007199254740992.0",

    "create or replace temp macro fleet_bits_normal(bits) as (
      (
        (bits & 65535)
        + ((bits >> 16) & 65535)
        + ((bits >> 32) & 65535)
        + (bits >> 48)
      )::double / 65536.0 - 2.0
    ) * 1.7320508075688772",
    "create or replace temp macro fleet_normal(stream, number) as
      fleet_bits_normal(hash(stream + number::ubigint))",
    "create or replace temp macro fleet_exponential(stream, number) as
      -ln(1.0 - fleet_uniform(stream, number))",

    "create or replace temp macro fleet_response(x, pole_s, power_s) as
      (exp(-x / power_s) - exp(-x / pole_s)) / (1.0 - pole_s / power_s)",
    "create or replace temp macro fleet_rise(
      start_c, x, pole_s, resistance, floor_kw, step_kw, power_s
    ) as
      start_c * exp(-x / pole_s)
      + resistance * (
        floor_kw * floor_kw * (1.0 - exp(-x / pole_s))
        + 2.0 * floor_kw * step_kw * fleet_response(x, pole_s, power_s)
        + step_kw * step_kw * fleet_response(x, pole_s, power_s / 2.0)
      )",
    "create or replace temp macro fleet_power(x, floor_kw, step_kw, power_s) as
      floor_kw + step_kw * exp(-x / power_s)",

    "create or replace temp macro fleet_ambient(
      at_ms, mean_c, day_c, slow_c, slow_phase, utc_offset_hours
    ) as
      mean_c
      + day_c * sin(
        2.0 * pi() * (at_ms / 3600000.0 + utc_offset_hours - 9.0) / 24.0
      )
      + slow_c * sin(2.0 * pi() * (at_ms / 86400000.0 / 3.1 + slow_phase))
      + 0.6 * slow_c
      * sin(2.0 * pi() * (at_ms / 86400000.0 / 1.7 - 3.0 * slow_phase))",
  ] %}
  {#-
    fleet_bits_normal: four 16-bit uniforms of one hash, summed: nearly normal,
    no tail beyond 3.5 sigma, and several times cheaper than Box-Muller.

    fleet_rise is the closed form of
      pole_s * d(rise)/dt = resistance * power(t)^2 - rise,
      power(x) = floor_kw + step_kw * exp(-x / power_s),
    with rise = start_c at x = 0. The square of the power is a constant and two
    exponentials, and fleet_response is what a pole makes of one of them. It
    has a removable singularity at pole_s = power_s: fleet_sessions keeps the
    power's time constants off the poles'.
  -#}
  {% for statement in statements %}
    {% do run_query(statement) %}
  {% endfor %}
{% endmacro %}
