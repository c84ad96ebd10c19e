{#- Wrong arguments end in one sentence, before anything is written. -#}

{% macro fleet_refuse(reason) %}
  {% do exceptions.raise_compiler_error("generate_fleet: " ~ reason ~ ".") %}
{% endmacro %}


{% macro fleet_check_options(options) %}
  {% if not options.landing_dir or options.landing_dir is not string %}
    {% do fleet_refuse(
      "landing_dir is missing; say which folder to write, as in"
      ~ " --args '{landing_dir: data/fleet}'"
    ) %}
  {% endif %}
  {% set folder = options.landing_dir.rstrip("/") %}
  {% if not folder or folder.split("/")[-1] in [".", ".."] %}
    {% do fleet_refuse(
      "landing_dir must name a folder of its own, not '"
      ~ options.landing_dir ~ "'"
    ) %}
  {% endif %}
  {% do options.update({"landing_dir": folder}) %}

  {% set whole_numbers = {
    "sites": [1, 100000],
    "components": [1, 1000000],
    "days": [1, 3660],
    "seed": [0, 1000000000],
  } %}
  {% for name, range in whole_numbers.items() %}
    {% do fleet_check_number(options, name, range, whole=true) %}
  {% endfor %}

  {% if options.assets is none %}
    {% do options.update({
      "assets": [
        (options.sites * 1.04) | round | int, options.components
      ] | min
    }) %}
  {% endif %}
  {% do fleet_check_number(options, "assets", [1, 1000000], whole=true) %}
  {% if options.sites > options.assets
    or options.assets > options.components %}
    {% do fleet_refuse(
      "each site needs an asset and each asset a component, but there are "
      ~ options.sites ~ " sites, " ~ options.assets ~ " assets and "
      ~ options.components ~ " components"
    ) %}
  {% endif %}

  {% set shares = {
    "faulty_share": [0, 1],
    "fault_strength": [0, 10],
    "ambient_mean_c": [-40, 60],
    "site_spread_c": [0, 10],
    "duty": [0.001, 0.9],
    "session_minutes": [5, 90],
    "thermal_time_constant_seconds": [20, 3600],
    "resistance_scale": [0.05, 10],
    "resistance_spread": [0, 0.5],
    "noise_c": [0, 10],
    "temp_interval_seconds": [1, 60],
    "power_interval_seconds": [1, 60],
    "fold_back_c": [60, 1000],
    "stale_alerts_per_component_day": [0, 1],
  } %}
  {% for name, range in shares.items() %}
    {% do fleet_check_number(options, name, range) %}
  {% endfor %}

  {% if options.hot_sites is none %}
    {% do options.update(
      {"hot_sites": 1 if options.faulty_share > 0 else 0}
    ) %}
  {% endif %}
  {% do fleet_check_number(
    options, "hot_sites", [0, options.sites], whole=true
  ) %}

  {% if options.compression not in ["none", "gzip", "zstd", "mixed"] %}
    {% do fleet_refuse(
      "compression must be none, gzip, zstd or mixed, not '"
      ~ options.compression ~ "'"
    ) %}
  {% endif %}
  {% if options.include_bad_rows is not boolean %}
    {% do fleet_refuse(
      "include_bad_rows must be true or false, not '"
      ~ options.include_bad_rows ~ "'"
    ) %}
  {% endif %}
  {% set real_date = run_query(
    "select
        regexp_full_match("
    ~ fleet_quoted(options.start_date) ~ ", '[0-9]{4}-[0-9]{2}-[0-9]{2}')
        and try_cast(" ~ fleet_quoted(options.start_date)
    ~ " as date) is not null"
  ).rows[0][0] %}
  {% if not real_date %}
    {% do fleet_refuse(
      "start_date must be a date as in 2022-03-12, not '"
      ~ options.start_date ~ "'"
    ) %}
  {% endif %}
{% endmacro %}


{% macro fleet_check_number(options, name, range, whole=false) %}
  {% set value = options[name] %}
  {% set kind = "a whole number" if whole else "a number" %}
  {% if value is boolean
    or value is not number
    or (whole and value is not integer)
    or not (range[0] <= value <= range[1]) %}
    {% do fleet_refuse(
      name ~ " must be " ~ kind ~ " from " ~ range[0] ~ " to " ~ range[1]
      ~ ", not '" ~ value ~ "'"
    ) %}
  {% endif %}
{% endmacro %}


{#- Nothing that this macro did not write is ever overwritten: the folder must
    be empty or new, or lie beside a truth file of an earlier run and hold
    only files that this run will write again. -#}
{% macro fleet_check_folder(options, files) %}
  {% set pattern = fleet_literal_glob(options.landing_dir) %}
  {% set as_file = run_query(
    "select count(*) from glob(" ~ fleet_quoted(pattern) ~ ")"
  ).rows[0][0] %}
  {% if as_file %}
    {% do fleet_refuse(
      "landing_dir '" ~ options.landing_dir ~ "' is a file, not a folder"
    ) %}
  {% endif %}

  {% set truth = run_query(
    "select starts_with(content, " ~ fleet_quoted(fleet_truth_header())
    ~ ") from read_text(" ~ fleet_quoted(
      fleet_literal_glob(options.truth_path)
    ) ~ ")"
  ).rows if run_query(
    "select count(*) from glob(" ~ fleet_quoted(
      fleet_literal_glob(options.truth_path)
    ) ~ ")"
  ).rows[0][0] else [] %}
  {% if truth and not truth[0][0] %}
    {% do fleet_refuse(
      "'" ~ options.truth_path ~ "' exists and is not a truth file of an"
      ~ " earlier run; choose another landing_dir or move it away"
    ) %}
  {% endif %}

  {% set names = [] %}
  {% if truth %}
    {% for file in files %}
      {% do names.append(fleet_quoted(file.name)) %}
    {% endfor %}
  {% endif %}
  {% set others = run_query(
    "select
        count(*),
        min(file)
    from glob(" ~ fleet_quoted(pattern ~ "/**") ~ ")
    where file not in (
        select " ~ fleet_quoted(options.landing_dir ~ "/") ~ " || name
        from (select unnest([" ~ names | join(", ") ~ "]) as name)
    )"
  ).rows[0] %}
  {% if others[0] %}
    {% do fleet_refuse(
      "landing_dir '" ~ options.landing_dir ~ "' already holds "
      ~ others[0] ~ " other file(s), such as '" ~ others[1]
      ~ "'; name a new or an empty folder"
    ) %}
  {% endif %}
{% endmacro %}
