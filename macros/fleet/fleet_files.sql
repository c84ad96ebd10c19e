{#- How the landing folder's files are named and written. -#}

{% macro fleet_quoted(text) %}
  {{- return("'" ~ (text | string | replace("'", "''")) ~ "'") -}}
{% endmacro %}

{#- A path as a pattern that matches only itself. -#}
{% macro fleet_literal_glob(path) %}
  {{- return(
    path | replace("[", "[[]") | replace("*", "[*]") | replace("?", "[?]")
  ) -}}
{% endmacro %}


{#- All files of the folder: name, format and what is in each. -#}
{% macro fleet_list_files(options) %}
  {% set signals = [
    {"name": "LM_handleNegCoreTempDegC", "relation": "fleet_core_readings",
     "value": "neg_c"},
    {"name": "LM_handlePosCoreTempDegC", "relation": "fleet_core_readings",
     "value": "pos_c"},
    {"name": "LM_pcbaTempDegC", "relation": "fleet_pcba_readings",
     "value": "pcba_c"},
    {"name": "LM_powerLimit", "relation": "fleet_power_readings",
     "value": "power_kw"},
  ] %}
  {% set suffix = {"none": "", "gzip": ".gz", "zstd": ".zst"} %}
  {% set files = [] %}
  {% for day_no in range(options.days) %}
    {% for signal in signals %}
      {% set compression = options.compression %}
      {% if compression == "mixed" %}
        {#- One plain file, every fifth zstd, gzip elsewhere. -#}
        {% set file_no = files | length %}
        {% set compression = "none" if file_no == 0
          else "zstd" if file_no % 5 == 4
          else "gzip" %}
      {% endif %}
      {% do files.append({
        "kind": "signal",
        "day_no": day_no,
        "signal": signal,
        "compression": compression,
        "name": "Tesla_SEIA_analyst_signals_data_'"
          ~ options.dates[day_no] ~ "'_'" ~ signal.name ~ "'.csv"
          ~ suffix[compression],
      }) %}
    {% endfor %}
  {% endfor %}
  {% set alert_compression =
    "none" if options.compression == "mixed" else options.compression %}
  {% do files.append({
    "kind": "alert",
    "compression": alert_compression,
    "name": "Tesla_SEIA_analyst_alerts_data_'" ~ options.dates | first
      ~ "'_'" ~ options.dates | last ~ "'.csv" ~ suffix[alert_compression],
  }) %}
  {% if options.include_bad_rows %}
    {% do files.append({
      "kind": "alert_as_signal",
      "compression": alert_compression,
      "name": "Tesla_SEIA_analyst_alerts_data_'" ~ options.dates | first
        ~ "'_'" ~ options.dates | last ~ "'_late.csv"
        ~ suffix[alert_compression],
    }) %}
  {% endif %}
  {% do return(files) %}
{% endmacro %}


{#- Copying an empty relation by partitions makes the folder and nothing in
    it; DuckDB has no plainer way. -#}
{% macro fleet_create_folder(path) %}
  {% set built = namespace(path="/" if path.startswith("/") else "") %}
  {% for part in path.split("/") if part %}
    {% set built.path = built.path ~ part %}
    {% do run_query(
      "copy (select 1 as part, 2 as nothing where false) to "
      ~ fleet_quoted(built.path)
      ~ " (format csv, partition_by (part), overwrite_or_ignore true)"
    ) %}
    {% set built.path = built.path ~ "/" %}
  {% endfor %}
{% endmacro %}


{#- DuckDB cannot name a column with the empty string, so the header is the
    copy's prefix, and each row is one text that nothing quotes. -#}
{% macro fleet_copy_lines(options, file, header, query) %}
  {% do run_query(
    "copy (" ~ query ~ ") to "
    ~ fleet_quoted(options.landing_dir ~ "/" ~ file.name)
    ~ " (
      format csv, header false, delimiter '\x01', quote '', escape '',
      prefix " ~ fleet_quoted(header ~ "\n") ~ ", suffix '\n',
      compression " ~ fleet_quoted(file.compression) ~ "
    )"
  ) %}
{% endmacro %}


{% macro fleet_write_signal_file(options, file) %}
  {% set tail = fleet_quoted("," ~ options.dates[file.day_no]) %}
  {% set signal = fleet_quoted("," ~ file.signal.name ~ ",") %}
  {% set query %}
    with

    readings as (
        select
            row_no,
            at_ms,
            ids,
            {{ file.signal.value }} as value,
            row_no || ',' || at_ms || ',' || ids || {{ signal }}
            || {{ file.signal.value }} || {{ tail }} as line
        from {{ file.signal.relation }}
    )

    {% if options.include_bad_rows %}
    , repeats as (
        select
            row_no + 900.5 as place,
            line
        from readings
        where row_no % 4000 = 1234
    ),

    broken as (
        select
            row_no + 0.5 as place,
            unnest([
                -- A text where the value belongs.
                row_no || ',' || (at_ms + 9) || ',' || ids || {{ signal }}
                || 'sensor offline' || {{ tail }},
                -- A field too few.
                row_no || ',' || (at_ms + 12) || ',' || ids || {{ signal }}
                || value,
                -- No time.
                row_no || ',,' || ids || {{ signal }} || value || {{ tail }}
            ]) as line
        from readings
        where row_no = 2500
    ),

    -- Some readings arrive at the end of the file.
    placed as (
        select
            case when row_no % 1500 = 77 then 1e12 else 0.0 end + row_no
                as place,
            line
        from readings
        union all
        select * from repeats
        union all
        select * from broken
    )

    select line
    from placed
    order by place, line
    {% else %}
    select line
    from readings
    order by row_no
    {% endif %}
  {% endset %}
  {% do fleet_copy_lines(
    options,
    file,
    ",timestamp,SITE,ASSET,COMPONENT,signal_name,VALUE,event_date",
    query
  ) %}
{% endmacro %}


{% macro fleet_write_alert_file(options, file) %}
  {% set date %}
    strftime(make_timestamp(at_ms * 1000), '%Y-%m-%d')
  {% endset %}
  {% if file.kind == "alert" %}
    {% set header =
      ",timestamp,SITE,ASSET,COMPONENT,alert_name,event_date" %}
    {% set line %}
      row_no || ',' || at_ms || ',' || ids || ',' || alert_name || ','
      || {{ date }}
    {% endset %}
  {% else %}
    {% set header =
      ",timestamp,SITE,ASSET,COMPONENT,signal_name,VALUE,event_date" %}
    {% set line %}
      row_no || ',' || at_ms || ',' || ids || ',' || alert_name || ',1.0,'
      || {{ date }}
    {% endset %}
  {% endif %}
  {% set query %}
    with

    alerts as (
        select
            row_no,
            {{ line }} as line
        from fleet_alerts
        {% if options.include_bad_rows %}
        where row_no % 5 {{ "!=" if file.kind == "alert" else "=" }} 4
        {% endif %}
    )

    {% if options.include_bad_rows %}
    , placed as (
        select
            row_no::double as place,
            line
        from alerts
        union all
        select
            row_no + 2.5 as place,
            line
        from alerts
        where row_no % 20 = 8
        union all
        select
            row_no + 0.5 as place,
            row_no || ',' as line
        from alerts
        where row_no = 5
    )

    select line
    from placed
    order by place, line
    {% else %}
    select line
    from alerts
    order by row_no
    {% endif %}
  {% endset %}
  {% do fleet_copy_lines(options, file, header, query) %}
{% endmacro %}


{#- Beside the folder, so that nothing that reads the folder can see it. -#}
{% macro fleet_truth_header() %}
  {{- return(
    "site_id,asset_id,component_id,fault_cause,fault_strength,fault_pole,"
    ~ "sensor_mode,site_excess_c,neg_resistance_ratio,pos_resistance_ratio"
  ) -}}
{% endmacro %}

{% macro fleet_write_truth(options) %}
  {% do run_query(
    "copy (
        select
            site_id,
            asset_id,
            component_id,
            fault_cause,
            round(
                case fault_cause
                    when 'hot_site' then site_excess_c
                    else own_strength
                end,
                3
            ) as fault_strength,
            fault_pole,
            sensor_mode,
            site_excess_c,
            round(neg_resistance / " ~ options.fleet_resistance ~ ", 3)
                as neg_resistance_ratio,
            round(pos_resistance / " ~ options.fleet_resistance ~ ", 3)
                as pos_resistance_ratio
        from fleet_components
        order by component_no
    ) to " ~ fleet_quoted(options.truth_path) ~ " (format csv, header true)"
  ) %}
{% endmacro %}
