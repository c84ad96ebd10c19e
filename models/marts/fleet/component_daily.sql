-- One row per component and UTC day on which the fleet sent anything, also
-- days without a reading of the component.
with

series_days as (

    select
        days.*,
        series.component_key,
        series.quantity,
        coalesce(
            series.sensor_position,
            case when series.quantity = 'power' then 'power' end
        ) as measure
    from {{ ref('int_series_days') }} as days
    inner join {{ ref('int_series') }} as series
        on days.series_key = series.series_key

),

signal_days as (

    select
        component_key,
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
        max(peak_avg_value) filter (where quantity = 'temperature')
            as peak_avg_temp_c
    from series_days
    group by all

),

pole_days as (

    select
        component_key,
        hour_start::date as day,
        round(
            sum(avg_pole_imbalance_c * pole_window_count)
            / sum(pole_window_count),
            9
        ) as avg_pole_imbalance_c,
        max(max_pole_imbalance_c) as max_pole_imbalance_c,
        sum(pole_window_count)::bigint as pole_window_count
    from {{ ref('int_component_hours') }}
    group by all

),

component_days as (

    select
        {% for count in [
            'used_window_count', 'overheated_window_count',
            'suspect_overheated_window_count', 'alert_count',
            'temperature_alert_count',
        ] -%}
            sum({{ count }})::bigint as {{ count }},
        {% endfor -%}
        site_id,
        asset_id,
        component_id,
        hour_start::date as day
    from {{ ref('component_hourly') }}
    group by all

),

-- Not all days from the first to the last: one stray timestamp, years away,
-- would make a row per component of each day between.
days as (

    select distinct day from component_days

),

spine as (

    select
        components.*,
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
    pole_days.avg_pole_imbalance_c,
    pole_days.max_pole_imbalance_c,
    {{ share_of_days('coalesce(component_days.used_window_count, 0)', 1) }}
        as utilisation_ratio,
    {% for measure in sensor_positions() + ['power'] -%}
        coalesce(signal_days.{{ measure }}_reading_count, 0)
            as {{ measure }}_reading_count,
    {% endfor -%}
    coalesce(pole_days.pole_window_count, 0) as pole_window_count,
    coalesce(component_days.used_window_count, 0) as used_window_count,
    coalesce(component_days.overheated_window_count, 0)
        as overheated_window_count,
    coalesce(component_days.suspect_overheated_window_count, 0)
        as suspect_overheated_window_count,
    coalesce(component_days.alert_count, 0) as alert_count,
    coalesce(component_days.temperature_alert_count, 0)
        as temperature_alert_count,
    spine.day
from spine
left join signal_days using (component_key, day)
left join pole_days using (component_key, day)
left join component_days using (site_id, asset_id, component_id, day)
