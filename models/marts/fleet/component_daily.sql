-- One row per component and UTC day with any record of the fleet, or with a
-- part of an overheated period; also for days without a reading of the
-- component.
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
        {% for measure in sensor_positions() + ['power'] -%}
            min(min_value) filter (where measure = '{{ measure }}')
                as min_{{ measure }},
            {{ weighted_mean(
                "case measure when '" ~ measure ~ "' then avg_value end",
                'reading_count'
            ) }} as avg_{{ measure }},
            max(max_value) filter (where measure = '{{ measure }}')
                as max_{{ measure }},
            coalesce(
                sum(reading_count) filter (where measure = '{{ measure }}'), 0
            )::bigint as {{ measure }}_reading_count,
        {% endfor -%}
        day
    from series_days
    group by all

),

component_days as (

    select
        max(peak_avg_temp_c) as peak_avg_temp_c,
        max(peak_trusted_avg_temp_c) as peak_trusted_avg_temp_c,
        {{ weighted_mean('avg_trusted_pole_temp_c', 'pole_window_count') }}
            as avg_trusted_pole_temp_c,
        {{ weighted_mean('avg_pole_imbalance_c', 'pole_window_count') }}
            as avg_pole_imbalance_c,
        max(max_pole_imbalance_c) as max_pole_imbalance_c,
        {% for seconds in [
            'overheated_seconds', 'suspect_overheated_seconds',
        ] -%}
            {{ exact_sum(seconds) }} as {{ seconds }},
        {% endfor -%}
        {% for count in hourly_counts() -%}
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
-- would add a row per component for each day in between.
days as (

    select
        day,
        -- Otherwise only a part of an overheated period falls on the day.
        sum(used_window_count + alert_count) > 0 as has_records
    from component_days
    group by day

),

spine as (

    select
        components.*,
        days.day,
        days.has_records
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
    power_days.p90_power_kw,
    component_days.peak_avg_temp_c,
    component_days.peak_trusted_avg_temp_c,
    component_days.avg_trusted_pole_temp_c,
    component_days.avg_pole_imbalance_c,
    component_days.max_pole_imbalance_c,
    component_days.hot_window_count
    / nullif(component_days.trusted_window_count, 0) as hot_ratio,
    case
        when spine.has_records
            then {{ share_of_days(
                'coalesce(component_days.used_window_count, 0)', 1
            ) }}
    end as utilisation_ratio,
    coalesce(component_days.overheated_seconds, 0) as overheated_seconds,
    coalesce(component_days.suspect_overheated_seconds, 0)
        as suspect_overheated_seconds,
    coalesce(derated_days.derated_seconds, 0) as derated_seconds,
    coalesce(derated_days.lost_energy_kwh, 0) as lost_energy_kwh,
    coalesce(derated_days.unjudged_hot_session_count, 0)
        as unjudged_hot_session_count,
    {% for measure in sensor_positions() + ['power'] -%}
        coalesce(signal_days.{{ measure }}_reading_count, 0)
            as {{ measure }}_reading_count,
    {% endfor -%}
    {% for count in hourly_counts() -%}
        coalesce(component_days.{{ count }}, 0) as {{ count }},
    {% endfor -%}
    spine.day
from spine
left join signal_days using (component_key, day)
left join component_days using (site_id, asset_id, component_id, day)
left join {{ ref('int_derated_days') }} as derated_days
    using (component_key, day)
left join {{ ref('int_power_days') }} as power_days
    using (site_id, asset_id, component_id, day)
