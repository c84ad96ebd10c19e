-- One row per component and UTC day on which the fleet sent anything, also
-- days without a reading of the component.
with

windows as (

    select
        windows.*,
        signals.quantity,
        coalesce(
            signals.sensor_position,
            case when signals.quantity = 'power' then 'power' end
        ) as measure,
        windows.window_start::date as day
    from {{ ref('int_signal_windows') }} as windows
    inner join {{ ref('int_signals') }} as signals
        on windows.signal_name = signals.signal_name

),

signal_days as (

    select
        site_id,
        asset_id,
        component_id,
        day,
        {% for measure in sensor_positions() + ['power'] -%}
            min(min_value) filter (where measure = '{{ measure }}')
                as min_{{ measure }},
            round(
                sum(case measure
                    when '{{ measure }}' then avg_value * reading_count
                end)
                / sum(case measure
                    when '{{ measure }}' then reading_count
                end),
                9
            ) as avg_{{ measure }},
            max(max_value) filter (where measure = '{{ measure }}')
                as max_{{ measure }},
            coalesce(
                sum(reading_count) filter (where measure = '{{ measure }}'), 0
            )::bigint as {{ measure }}_reading_count,
        {% endfor -%}
        max(avg_value) filter (where quantity = 'temperature')
            as peak_avg_temp_c
    from windows
    group by all

),

component_days as (

    select
        site_id,
        asset_id,
        component_id,
        window_start::date as day,
        count(*) as used_window_count,
        {{ mean('abs(negative_pole_temp_c - positive_pole_temp_c)') }}
            as avg_pole_imbalance_c,
        max(abs(negative_pole_temp_c - positive_pole_temp_c))
            as max_pole_imbalance_c,
        count(negative_pole_temp_c - positive_pole_temp_c)
            as pole_window_count
    from {{ ref('int_component_windows') }}
    group by all

),

overheated_days as (

    select
        site_id,
        asset_id,
        component_id,
        window_start::date as day,
        count(*) as overheated_window_count,
        count(*) filter (where is_sensor_suspect)
            as suspect_overheated_window_count
    from {{ ref('overheated_windows') }}
    where window_method = 'tumbling'
    group by all

),

alert_days as (

    select
        site_id,
        asset_id,
        component_id,
        fired_at::date as day,
        count(*) as alert_count,
        count(*) filter (where is_temperature_related)
            as temperature_alert_count
    from {{ ref('int_alerts') }}
    group by all

),

-- Not all days from the first to the last: one stray timestamp, years away,
-- would make a row per component of each day between.
days as (

    select day from component_days
    union
    select day from alert_days

),

spine as (

    select
        components.site_id,
        components.asset_id,
        components.component_id,
        days.day
    from {{ ref('int_components') }} as components
    cross join days

)

select
    spine.site_id,
    spine.asset_id,
    spine.component_id,
    {% for position in sensor_positions() -%}
        {% for statistic in ['min', 'avg', 'max'] -%}
            signal_days.{{ statistic }}_{{ position }}
                as {{ statistic }}_{{ position }}_temp_c,
        {% endfor -%}
    {% endfor -%}
    {% for statistic in ['min', 'avg', 'max'] -%}
        signal_days.{{ statistic }}_power as {{ statistic }}_power_kw,
    {% endfor -%}
    signal_days.peak_avg_temp_c,
    component_days.avg_pole_imbalance_c,
    component_days.max_pole_imbalance_c,
    coalesce(component_days.used_window_count, 0)
    / {{ windows_per_day() }} as utilisation_ratio,
    {% for measure in sensor_positions() + ['power'] -%}
        coalesce(signal_days.{{ measure }}_reading_count, 0)
            as {{ measure }}_reading_count,
    {% endfor -%}
    coalesce(component_days.pole_window_count, 0) as pole_window_count,
    coalesce(component_days.used_window_count, 0) as used_window_count,
    coalesce(overheated_days.overheated_window_count, 0)
        as overheated_window_count,
    coalesce(overheated_days.suspect_overheated_window_count, 0)
        as suspect_overheated_window_count,
    coalesce(alert_days.alert_count, 0) as alert_count,
    coalesce(alert_days.temperature_alert_count, 0)
        as temperature_alert_count,
    spine.day
from spine
left join signal_days
    using (site_id, asset_id, component_id, day)
left join component_days
    using (site_id, asset_id, component_id, day)
left join overheated_days
    using (site_id, asset_id, component_id, day)
left join alert_days
    using (site_id, asset_id, component_id, day)
