{#-
  Writes a landing folder of made-up telemetry in the shape of the real one,
  and the truth about its faults beside it. One run-operation, one connection:

    dbt run-operation generate_fleet --target scratch --args
      '{landing_dir: data/fleet}'

  All rows are made by SQL; Jinja only walks over days and files. See
  _fleet.yml for the arguments.
-#}
{% macro generate_fleet(
  landing_dir=none,
  sites=49,
  assets=none,
  components=197,
  days=8,
  start_date="2022-03-12",
  seed=1,
  faulty_share=0.05,
  fault_strength=1.0,
  hot_sites=none,
  compression="none",
  include_bad_rows=false,
  ambient_mean_c=16.0,
  site_spread_c=1.6,
  duty=0.16,
  session_minutes=28.0,
  thermal_time_constant_seconds=300.0,
  resistance_scale=1.0,
  resistance_spread=0.06,
  noise_c=0.2,
  temp_interval_seconds=10.5,
  power_interval_seconds=5.5,
  fold_back_c=105.0,
  stale_alerts_per_component_day=0.033
) %}
  {% set options = {
    "landing_dir": landing_dir,
    "sites": sites,
    "assets": assets,
    "components": components,
    "days": days,
    "start_date": start_date | string,
    "seed": seed,
    "faulty_share": faulty_share,
    "fault_strength": fault_strength,
    "hot_sites": hot_sites,
    "compression": compression,
    "include_bad_rows": include_bad_rows,
    "ambient_mean_c": ambient_mean_c,
    "site_spread_c": site_spread_c,
    "duty": duty,
    "session_minutes": session_minutes,
    "thermal_time_constant_seconds": thermal_time_constant_seconds,
    "resistance_scale": resistance_scale,
    "resistance_spread": resistance_spread,
    "noise_c": noise_c,
    "temp_interval_seconds": temp_interval_seconds,
    "power_interval_seconds": power_interval_seconds,
    "fold_back_c": fold_back_c,
    "stale_alerts_per_component_day": stale_alerts_per_component_day,
  } %}
  {% if kwargs %}
    {% do fleet_refuse(
      "it has no argument '" ~ kwargs.keys() | join("', '")
      ~ "'; there are " ~ options.keys() | join(", ")
    ) %}
  {% endif %}

  {% if execute %}
    {% do fleet_check_options(options) %}
    {% do fleet_derive_options(options) %}
    {% set files = fleet_list_files(options) %}
    {% do fleet_check_folder(options, files) %}

    {% do fleet_create_functions() %}
    {% do fleet_create_sites(options) %}
    {% do fleet_create_components(options) %}
    {% do fleet_create_sessions(options) %}
    {% do fleet_create_phases(options) %}
    {% do fleet_create_sensor_events(options) %}
    {% do fleet_create_imbalances() %}

    {% do fleet_create_folder(options.landing_dir) %}
    {#- The truth first: it marks the folder as this macro's own. -#}
    {% do fleet_write_truth(options) %}
    {% for day_no in range(options.days) %}
      {% set day_ms = options.start_ms + 86400000 * day_no %}
      {% do fleet_create_core_readings(options, day_ms) %}
      {% do fleet_add_imbalances() %}
      {% do fleet_create_pcba_readings(options, day_ms) %}
      {% do fleet_create_power_readings(options, day_ms) %}
      {% for file in files if file.kind == "signal" and file.day_no == day_no %}
        {% do fleet_write_signal_file(options, file) %}
      {% endfor %}
    {% endfor %}
    {% do fleet_create_alerts(options) %}
    {% for file in files if file.kind != "signal" %}
      {% do fleet_write_alert_file(options, file) %}
    {% endfor %}
    {{ log(
      "Wrote " ~ files | length ~ " files to " ~ options.landing_dir
      ~ ", their truth to " ~ options.truth_path,
      info=true
    ) }}
  {% endif %}
{% endmacro %}


{#- What follows from the arguments, and the constants of the healthy fleet.

    With the defaults they hold the real week's means and spreads; none of
    them is known to any model. -#}
{% macro fleet_derive_options(options) %}
  {% set start = modules.datetime.datetime.strptime(
    options.start_date, "%Y-%m-%d"
  ) %}
  {% set epoch = modules.datetime.datetime(1970, 1, 1) %}
  {% set dates = [] %}
  {% for day_no in range(options.days) %}
    {% set day = start + modules.datetime.timedelta(days=day_no) %}
    {% do dates.append(day.strftime("%Y-%m-%d")) %}
  {% endfor %}
  {% set start_ms = (start - epoch).days * 86400000 %}
  {% set core_ms = options.temp_interval_seconds * 1000.0 %}
  {% set power_ms = options.power_interval_seconds * 1000.0 %}
  {#- In the real week 13 times, at all handles of one cabinet in 51. -#}
  {% set stale_moments = [1, (1.625 * options.days) | round | int] | max %}
  {% set stale_assets =
    options.stale_alerts_per_component_day * options.days * options.assets
    / stale_moments %}
  {% do options.update({
    "stale_moments": stale_moments,
    "stale_assets": [1, stale_assets | round | int] | max
      if stale_assets else 0,
    "truth_path": options.landing_dir ~ ".truth.csv",
    "dates": dates,
    "start_ms": start_ms,
    "end_ms": start_ms + 86400000 * options.days,
    "faulty_components":
      (options.faulty_share * options.components) | round | int,

    "candidate_sessions": (
      (options.days * 86400 + 7200) * 1.35
      / (options.session_minutes * 60 + 240) + 20
    ) | int,
    "demand_scale": 1.17,

    "fleet_resistance": 0.00078 * options.resistance_scale,
    "pcba_resistance": 0.00075,
    "pole_offset_c": 21.5,
    "pcba_offset_c": 23.6,

    "core_beat":
      {"clock": 0, "interval_ms": core_ms, "offset_ms": 0.0},
    "pcba_beat": {
      "clock": 2,
      "interval_ms": core_ms,
      "offset_ms": core_ms
        ~ " * (0.35 + 0.06 * fleet_uniform(stream, 30))",
    },
    "power_beat":
      {"clock": 1, "interval_ms": power_ms, "offset_ms": 0.0},
  }) %}
{% endmacro %}
