-- One row per component, alert name and run of alerts without a gap of more
-- than 60 s.
with

trusted_alerts as (

    select distinct
        alert_id,
        is_trusted
    from {{ ref('alert_readings') }}

),

alerts as (

    select
        alerts.alert_id,
        alerts.component_key,
        alerts.site_id,
        alerts.asset_id,
        alerts.component_id,
        alerts.alert_name,
        alerts.is_temperature_related,
        coalesce(trusted_alerts.is_trusted, true) as is_trusted,
        alerts.fired_at,
        alerts.cleared_at,
        lag(alerts.fired_at) over (
            partition by alerts.component_key, alerts.alert_name
            order by alerts.fired_at
        ) as previous_fired_at
    from {{ ref('int_alerts') }} as alerts
    left join trusted_alerts on alerts.alert_id = trusted_alerts.alert_id

),

numbered_alerts as (

    select
        *,
        count(case
            when
                previous_fired_at is null
                or {{ epoch_ms('fired_at') }}
                - {{ epoch_ms('previous_fired_at') }}
                > {{ var('alert_incident_gap_seconds') }} * 1000
                then 1
        end) over (
            partition by component_key, alert_name
            order by fired_at
            rows between unbounded preceding and current row
        ) as incident_number
    from alerts

),

-- Comparing each alert with the one two before it finds three within a minute.
spaced_alerts as (

    select
        *,
        {{ epoch_ms('fired_at') }}
        - {{ epoch_ms('lag(fired_at, 2) over incident_in_time') }}
            as ms_of_three
    from numbered_alerts
    window incident_in_time as (
        partition by component_key, alert_name, incident_number
        order by fired_at
    )

),

incidents as (

    select
        component_key,
        site_id,
        asset_id,
        component_id,
        alert_name,
        is_temperature_related,
        incident_number,
        min_by(alert_id, fired_at) as first_alert_id,
        count(*) as alert_count,
        count(*) filter (where not is_trusted) as untrusted_alert_count,
        coalesce(min(ms_of_three) <= 60000, false) as is_chattering,
        min(fired_at) as started_at,
        max(fired_at) as ended_at,
        case
            when max(cleared_at) > max(fired_at) then max(cleared_at)
        end as cleared_at,
        min(fired_at) - {{ alert_reach() }} as reaches_from,
        max(fired_at) + {{ alert_reach() }} as reaches_until
    from spaced_alerts
    group by all

),

start_readings as (

    select
        alert_id,
        {% for position in sensor_positions() -%}
            max(value) filter (where sensor_position = '{{ position }}')
                as {{ position }}_temp_c,
        {% endfor -%}
        max(value) filter (where quantity = 'power') as power_kw
    from {{ ref('alert_readings') }}
    group by alert_id

),

-- Windows of a suspect sensor do not count as heat.
trusted_windows as (

    select
        series.component_key,
        windows.max_value,
        windows.first_reading_at,
        windows.last_reading_at
    from {{ ref('int_signal_windows') }} as windows
    inner join {{ ref('int_series') }} as series
        on windows.series_key = series.series_key
    left join {{ ref('int_untrusted_windows') }} as untrusted_windows
        on
            windows.series_key = untrusted_windows.series_key
            and windows.window_start = untrusted_windows.window_start
    where
        series.quantity = 'temperature'
        and series.component_key in (
            select incidents.component_key from incidents
        )
        and untrusted_windows.is_sensor_suspect is not true

),

-- Only windows whose readings are all within reach of the incident.
incident_peaks as (

    select
        incidents.component_key,
        incidents.alert_name,
        incidents.incident_number,
        max(windows.max_value) as peak_temp_c
    from incidents
    inner join trusted_windows as windows
        on
            incidents.component_key = windows.component_key
            and incidents.reaches_from <= windows.first_reading_at
            and incidents.reaches_until >= windows.last_reading_at
    group by all

),

overheated_incidents as (

    select distinct
        incidents.component_key,
        incidents.alert_name,
        incidents.incident_number
    from incidents
    inner join {{ ref('int_overheated_periods') }} as periods
        on
            incidents.component_key = periods.component_key
            and incidents.reaches_from < periods.ends_before
            and incidents.reaches_until > periods.window_start
    where
        periods.window_method = 'sliding'
        and not periods.is_sensor_suspect

),

alert_incidents as (

    select
        incidents.first_alert_id,
        incidents.site_id,
        incidents.asset_id,
        incidents.component_id,
        incidents.alert_name,
        {% for position in sensor_positions() -%}
            start_readings.{{ position }}_temp_c as start_{{ position }}_temp_c,
        {% endfor -%}
        start_readings.power_kw as start_power_kw,
        incident_peaks.peak_temp_c,
        (
            {{ epoch_ms('incidents.cleared_at') }}
            - {{ epoch_ms('incidents.started_at') }}
        ) / 1000 as duration_seconds,
        incidents.alert_count,
        incidents.untrusted_alert_count,
        incidents.is_temperature_related,
        incidents.untrusted_alert_count = 0 as is_trusted,
        incidents.is_chattering,
        overheated_incidents.incident_number is not null as was_overheated,
        overheated_incidents.incident_number is not null
        or coalesce(incident_peaks.peak_temp_c >= {{ hot_temp_c() }}, false)
            as was_hot,
        incidents.started_at,
        incidents.ended_at,
        incidents.cleared_at
    from incidents
    left join start_readings
        on incidents.first_alert_id = start_readings.alert_id
    left join incident_peaks
        on
            incidents.component_key = incident_peaks.component_key
            and incidents.alert_name = incident_peaks.alert_name
            and incidents.incident_number = incident_peaks.incident_number
    left join overheated_incidents
        on
            incidents.component_key = overheated_incidents.component_key
            and incidents.alert_name = overheated_incidents.alert_name
            and incidents.incident_number
            = overheated_incidents.incident_number

)

select * from alert_incidents
