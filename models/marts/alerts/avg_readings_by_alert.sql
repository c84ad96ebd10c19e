-- One row per alert name, signal and alignment of alert and signal times.
with

alert_readings as (

    select
        alert_name,
        signal_name,
        quantity,
        sensor_position,
        value,
        reading_age_seconds,
        nearest_value,
        interpolated_value,
        window_avg_value,
        is_temperature_related,
        is_fresh
    from {{ ref('alert_readings') }}

),

grouped_readings as (

    select * from alert_readings
    union all
    select
        'all temperature alerts' as alert_name,
        signal_name,
        quantity,
        sensor_position,
        value,
        reading_age_seconds,
        nearest_value,
        interpolated_value,
        window_avg_value,
        is_temperature_related,
        is_fresh
    from alert_readings
    where is_temperature_related

),

aligned_readings as (

    {% for alignment, column in [
        ('last_known', 'value'),
        ('nearest', 'nearest_value'),
        ('interpolated', 'interpolated_value'),
        ('window_avg', 'window_avg_value'),
    ] -%}
        select
            alert_name,
            signal_name,
            quantity,
            sensor_position,
            '{{ alignment }}' as alignment,
            {{ column }} as value,
            reading_age_seconds,
            is_temperature_related,
            is_fresh
        from grouped_readings
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

averages as (

    select
        alert_name,
        signal_name,
        quantity,
        sensor_position,
        alignment,
        count(*) as alert_count,
        count(value) as reading_count,
        {{ mean('value') }} as avg_value,
        count(value) filter (where is_fresh) as fresh_reading_count,
        round(avg(value) filter (where is_fresh), 9) as avg_fresh_value,
        median(reading_age_seconds) as median_reading_age_seconds,
        is_temperature_related
    from aligned_readings
    group by all

)

select * from averages
