-- One row: what this warehouse was built from, when, and with which limits.
--
-- Only this model reads a clock. Everything else except inputs_version follows
-- from the landing folder alone, so two builds of the same folder are equal.
with

readings as (

    select
        sum(reading_count)::bigint as reading_count,
        min(first_reading_at) as first_reading_at,
        max(last_reading_at) as last_reading_at
    from {{ ref('int_series_days') }}

),

components as (

    select
        count(distinct site_id) as site_count,
        count(distinct {{ row_of(['site_id', 'asset_id']) }}) as asset_count,
        count(*) as component_count
    from {{ ref('int_components') }}

),

alerts as (

    select count(*) as alert_count from {{ ref('int_alerts') }}

),

signals as (

    select
        {{ joined_names('signal_name', "quantity = 'temperature'") }}
            as temperature_signals,
        {{ joined_names('signal_name', "quantity <> 'temperature'") }}
            as other_signals
    from {{ ref('int_signals') }}

),

left_out_files as (

    select count(*) as left_out_count
    from {{ ref('stg_read_files') }}
    where is_left_out

),

build_info as (

    select
        {{ text_literal(landing_dir()) }} as landing_dir,
        -- null, so that the next build reads the files left out, even if its
        -- inputs are equal.
        case
            when left_out_files.left_out_count = 0
                then {{ inputs_version() }}::{{ dbt.type_string() }}
        end as inputs_version,
        components.site_count,
        components.asset_count,
        components.component_count,
        coalesce(readings.reading_count, 0) as reading_count,
        alerts.alert_count,
        signals.temperature_signals,
        signals.other_signals,
        {{ var('overheat_threshold_c') }}::double as overheat_threshold_c,
        {{ var('window_seconds') }}::bigint as window_seconds,
        {{ var('reading_max_age_seconds') }}::double
            as reading_max_age_seconds,
        {{ var('session_gap_seconds') }}::double as session_gap_seconds,
        {{ var('sensor_suspect_seconds') }}::double
            as sensor_suspect_seconds,
        {{ var('alert_incident_gap_seconds') }}::double
            as alert_incident_gap_seconds,
        {{ var('watch_days') }}::bigint as watch_days,
        readings.first_reading_at,
        readings.last_reading_at,
        timestamp '{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S") }}'
            as built_at
    from readings
    cross join components
    cross join alerts
    cross join signals
    cross join left_out_files

)

select * from build_info
