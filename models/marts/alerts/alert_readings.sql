-- One row per alert and signal: what the signal read when the alert fired.
with

alerts as (

    select * from {{ ref('int_alerts') }}

),

surrounding_readings as (

    select * from {{ ref('int_alert_readings') }}

),

timed_readings as (

    select
        alerts.*,
        readings.signal_name,
        readings.quantity,
        readings.sensor_position,
        readings.last_known_value,
        readings.next_value,
        readings.window_avg_value,
        readings.is_sensor_suspect,
        readings.last_known_at,
        (
            {{ epoch_ms('alerts.fired_at') }}
            - {{ epoch_ms('readings.last_known_at') }}
        ) / 1000 as reading_age_seconds,
        (
            {{ epoch_ms('readings.next_at') }}
            - {{ epoch_ms('alerts.fired_at') }}
        ) / 1000 as seconds_to_next_reading
    from alerts
    inner join surrounding_readings as readings
        on alerts.alert_id = readings.alert_id

),

aligned_readings as (

    select
        *,
        case
            -- At equal distance, the earlier reading counts: it was already
            -- known.
            when reading_age_seconds <= seconds_to_next_reading
                then last_known_value
            else coalesce(next_value, last_known_value)
        end as nearest_value,
        case
            when reading_age_seconds = 0
                then last_known_value
            else
                round(
                    last_known_value
                    + (next_value - last_known_value)
                    * reading_age_seconds
                    / (reading_age_seconds + seconds_to_next_reading),
                    9
                )
        end as interpolated_value
    from timed_readings

)

select
    alert_id,
    site_id,
    asset_id,
    component_id,
    signal_name,
    quantity,
    sensor_position,
    alert_name,
    last_known_value as value,
    reading_age_seconds,
    nearest_value,
    interpolated_value,
    window_avg_value,
    is_temperature_related,
    coalesce(
        reading_age_seconds <= {{ var('reading_max_age_seconds') }}, false
    ) as is_fresh,
    is_sensor_suspect,
    -- A broken sensor can raise any alert of its component.
    not bool_or(is_sensor_suspect) over (partition by alert_id) as is_trusted,
    fired_at,
    last_known_at as observed_at
from aligned_readings
