-- One row per alert name, scope, signal and way of aligning the times of alerts
-- and readings.
with

alert_readings as (

    select
        readings.alert_name,
        readings.signal_name,
        readings.quantity,
        readings.sensor_position,
        readings.value,
        readings.reading_age_seconds,
        readings.nearest_value,
        readings.interpolated_value,
        readings.window_avg_value,
        readings.is_temperature_related,
        readings.is_fresh,
        readings.is_trusted,
        coalesce(incidents.is_trusted, false) as is_first_of_trusted_incident
    from {{ ref('alert_readings') }} as readings
    left join {{ ref('alert_incidents') }} as incidents
        on readings.alert_id = incidents.first_alert_id

),

-- The total over all temperature alerts has a null name: any label could also
-- be the name of an alert.
grouped_readings as (

    select
        alert_name as alert_group,
        *
    from alert_readings
    union all
    select
        null as alert_group,
        *
    from alert_readings
    where is_temperature_related

),

scoped_readings as (

    {% for scope, condition in [
        ('all', 'true'),
        ('trusted', 'is_trusted'),
        ('incidents', 'is_first_of_trusted_incident'),
    ] -%}
        select
            *,
            '{{ scope }}' as alert_scope
        from grouped_readings
        where {{ condition }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

aligned_readings as (

    {% for alignment, column in [
        ('last_known', 'value'),
        ('nearest', 'nearest_value'),
        ('interpolated', 'interpolated_value'),
        ('window_avg', 'window_avg_value'),
    ] -%}
        select
            alert_group as alert_name,
            alert_scope,
            signal_name,
            quantity,
            sensor_position,
            '{{ alignment }}' as alignment,
            {{ column }} as value,
            reading_age_seconds,
            is_temperature_related,
            is_fresh
        from scoped_readings
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

averages as (

    select
        alert_name,
        alert_scope,
        signal_name,
        quantity,
        sensor_position,
        alignment,
        count(*) as alert_count,
        count(value) as reading_count,
        {{ mean('value') }} as avg_value,
        count(value) filter (where is_fresh) as fresh_reading_count,
        {{ mean('case when is_fresh then value end') }} as avg_fresh_value,
        round(median(reading_age_seconds), 9) as median_reading_age_seconds,
        alert_name is null as is_total,
        is_temperature_related
    from aligned_readings
    group by all

)

select * from averages
