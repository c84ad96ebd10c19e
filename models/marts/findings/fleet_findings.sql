-- One row per rule that found something, ranked: 1 is the most serious.
--
-- A rule takes its items (handles, sites, files) from the marts, the worst
-- first, and writes one sentence with the figure. A rule without items, or
-- below its threshold, has no row.
with

build_info as (

    select * from {{ ref('build_info') }}

),

watchlist as (

    select
        *,
        component_id as item
    from {{ ref('component_watchlist') }}

),

-- Overheating

overheated_items as (

    select
        *,
        row_number() over (
            order by overheated_seconds desc, concern_rank asc
        ) as item_number
    from watchlist
    where overheated_seconds > 0

),

hot_power_items as (

    select
        null as site_id,
        null as asset_id,
        null as component_id,
        recent_power_bin_kw || ' to ' || (recent_power_bin_kw + 20) || ' kW'
            as item,
        hot_ratio,
        1 as item_number
    from {{ ref('hot_ratio_by_power') }}
    where window_count >= 100 and component_count >= 3
    order by hot_ratio desc, recent_power_bin_kw asc
    limit 1

),

derated_components as (

    select
        site_id,
        asset_id,
        component_id,
        {{ exact_sum('derated_seconds') }} as derated_seconds,
        {{ exact_sum('lost_energy_kwh') }} as lost_energy_kwh,
        sum(sum(unjudged_hot_session_count)) over () as unjudged_count
    from {{ ref('component_daily') }}
    group by all

),

derated_items as (

    select
        *,
        component_id as item,
        row_number() over (
            order by
                lost_energy_kwh desc,
                site_id asc,
                asset_id asc,
                component_id asc
        ) as item_number
    from derated_components
    -- A single window below the limit is not foldback.
    where derated_seconds >= 120

),

-- Causes

{% for cause in ['contact_resistance', 'weak_cooling', 'sensor_fault'] -%}
    {{ cause }}_items as (

        select
            *,
            greatest(
                negative_steady_rise_fleet_ratio,
                positive_steady_rise_fleet_ratio
            ) as rise_ratio,
            row_number() over (order by concern_rank) as item_number
        from watchlist
        where likely_cause = '{{ cause }}' and confidence = 'named'

    ),

{% endfor -%}

hot_site_items as (

    select
        site_id,
        null as asset_id,
        null as component_id,
        site_id as item,
        max(site_baseline_excess_c) as excess_c,
        count(*) as component_count,
        row_number() over (
            order by max(site_baseline_excess_c) desc, site_id asc
        ) as item_number
    from watchlist
    where hot_site_suspicion >= 1
    group by site_id

),

-- Trends

pole_days as (

    select
        component_key,
        imbalance_at_100_kw_c,
        imbalance_error_c,
        abs(imbalance_at_100_kw_c) > abs(lag(imbalance_at_100_kw_c) over (
            partition by component_key
            order by day
        )) as is_growing,
        day
    from {{ ref('int_pole_days') }}
    where imbalance_at_100_kw_c is not null

),

growing_components as (

    select
        component_key,
        abs(min_by(imbalance_at_100_kw_c, day)) as first_imbalance_c,
        abs(max_by(imbalance_at_100_kw_c, day)) as last_imbalance_c,
        sqrt(
            pow(min_by(imbalance_error_c, day), 2)
            + pow(max_by(imbalance_error_c, day), 2)
        ) as error_c,
        count(*) filter (where is_growing) as growing_day_count,
        count(*) as day_count
    from pole_days
    group by component_key

),

growing_items as (

    select
        components.site_id,
        components.asset_id,
        components.component_id,
        components.component_id as item,
        growing.first_imbalance_c,
        growing.last_imbalance_c,
        growing.day_count,
        row_number() over (
            order by
                growing.last_imbalance_c - growing.first_imbalance_c desc,
                components.site_id asc,
                components.asset_id asc,
                components.component_id asc
        ) as item_number
    from growing_components as growing
    inner join {{ ref('int_components') }} as components
        on growing.component_key = components.component_key
    -- Beyond chance, large enough to matter, and growing on most days.
    where
        growing.day_count >= 3
        and growing.growing_day_count >= 0.75 * (growing.day_count - 1)
        and growing.last_imbalance_c - growing.first_imbalance_c >= 1
        and growing.last_imbalance_c >= 1.25 * growing.first_imbalance_c
        and growing.last_imbalance_c - growing.first_imbalance_c
        >= 4 * growing.error_c

),

days as (

    select
        day,
        alert_count,
        hot_ratio,
        row_number() over (order by day desc) as item_number
    from {{ ref('fleet_daily') }}
    -- An overheated period can end on a day without readings.
    where used_component_count > 0

),

usual_days as (

    select
        median(alert_count) as alert_count,
        median(hot_ratio) as hot_ratio
    from days
    where item_number > 1
    having count(*) >= 3

),

last_day_items as (

    select
        null as site_id,
        null as asset_id,
        null as component_id,
        days.day::string as item,
        days.alert_count,
        days.hot_ratio,
        usual_days.alert_count as usual_alert_count,
        usual_days.hot_ratio as usual_hot_ratio,
        days.item_number
    from days
    cross join usual_days
    where days.item_number = 1

),

-- Alerts

alerting_components as (

    select
        alerting.*,
        watchlist.confidence = 'named' as is_named,
        alerting.component_id as item,
        alerting.alert_rank as item_number,
        sum(alerting.alert_count) over () as all_alert_count
    from {{ ref('alerting_components') }} as alerting
    inner join watchlist using (site_id, asset_id, component_id)

),

-- The smallest group of handles that raised 90 % of the alerts.
noisy_items as (

    select * from alerting_components
    where cumulative_alert_ratio - alert_ratio < 0.9

),

chattering_items as (

    select
        site_id,
        asset_id,
        component_id,
        item,
        alert_count * chattering_alert_ratio as chattering_alert_count,
        all_alert_count,
        row_number() over (
            order by alert_count * chattering_alert_ratio desc, item_number asc
        ) as item_number
    from alerting_components
    where alert_count * chattering_alert_ratio >= 20

),

incidents as (

    select incidents.*
    from {{ ref('alert_incidents') }} as incidents
    inner join {{ ref('alert_catalog') }} as alert_catalog
        on incidents.alert_name = alert_catalog.alert_name
    where alert_catalog.is_over_temperature

),

over_temperature_items as (

    select
        site_id,
        asset_id,
        component_id,
        component_id as item,
        sum(alert_count) as alert_count,
        sum(untrusted_alert_count) as untrusted_alert_count,
        count(*) filter (where was_hot) as hot_incident_count,
        row_number() over (
            order by
                sum(alert_count) desc,
                site_id asc,
                asset_id asc,
                component_id asc
        ) as item_number
    from incidents
    group by site_id, asset_id, component_id

),

silent_items as (

    select
        null as site_id,
        null as asset_id,
        null as component_id,
        null as item,
        episode_count,
        episode_count - alerted_episode_count as silent_episode_count,
        1 as item_number
    from {{ ref('alert_outcomes') }}
    where is_total

),

-- Data

file_items as (

    select
        null as site_id,
        null as asset_id,
        null as component_id,
        file_name as item,
        row_number() over (order by file_name) as item_number
    from {{ ref('load_audit') }}
    where file_problem is not null

),

rejected_items as (

    select
        null as site_id,
        null as asset_id,
        null as component_id,
        reject_reason as item,
        sum(row_count) as row_count,
        row_number() over (
            order by sum(row_count) desc, reject_reason asc
        ) as item_number
    from {{ ref('rejected_rows_by_reason') }}
    group by reject_reason

),

unjudged_items as (

    select
        null as site_id,
        null as asset_id,
        null as component_id,
        other_signals as item,
        1 as item_number
    from build_info
    where temperature_signals is null

),

{% set all_handles = '(select build_info.component_count from build_info)' -%}
{% set rules = [
    {
        'name': 'no_temperature_signal',
        'items': 'unjudged_items', 'kind': 'data', 'severity': "'high'",
        'figure': '0', 'unit': 'temperature signals',
        'sentence': [
            "'No signal is known as a temperature, so no handle was judged. '",
            "'Signals seen: '", 'max(item)', "'.'",
        ],
    },
    {
        'name': 'overheated_handles',
        'items': 'overheated_items', 'kind': 'overheating', 'severity': "'high'",
        'figure': 'count(*)', 'unit': 'handles',
        'sentence': [
            'count(*)', "' of '", count_text(all_handles, 'handle'),
            is_or_are('was', 'were'), "'overheated, the longest for '",
            number_text('max(overheated_seconds)', 0),
            "' s in all and the hottest up to '",
            number_text('max(peak_avg_temp_c)', 1), "' °C: '", item_names(),
            "'.'",
        ],
    },
    {
        'name': 'contact_resistance',
        'items': 'contact_resistance_items', 'kind': 'overheating',
        'severity': "'high'", 'figure': 'count(*)', 'unit': 'handles',
        'sentence': [
            count_text('count(*)', 'handle'), is_or_are('heats', 'heat'),
            "'more at one pole than at the other'",
            "coalesce(', up to ' || " ~ number_text('max(rise_ratio)', 1)
            ~ " || ' × the fleet for the same power', '')",
            "': '", item_names(), "'. Measure the contact resistance.'",
        ],
    },
    {
        'name': 'weak_cooling',
        'items': 'weak_cooling_items', 'kind': 'overheating',
        'severity': "'high'", 'figure': 'count(*)', 'unit': 'handles',
        'sentence': [
            count_text('count(*)', 'handle'), is_or_are('heats', 'heat'),
            "'at both poles alike'",
            "coalesce(', up to ' || " ~ number_text('max(rise_ratio)', 1)
            ~ " || ' × the fleet for the same power', '')",
            "': '", item_names(), "'. Check the coolant.'",
        ],
    },
    {
        'name': 'growing_imbalance',
        'items': 'growing_items', 'kind': 'trend', 'severity': "'high'",
        'figure': of_first('last_imbalance_c - first_imbalance_c'),
        'unit': '°C',
        'sentence': [
            "'The poles of handle '", of_first('item'),
            "' differ more and more: by '",
            number_text(of_first('last_imbalance_c'), 1),
            "' °C at 100 kW, up from '",
            number_text(of_first('first_imbalance_c'), 1), "' °C within '",
            of_first('day_count'), "' days of use'",
            "if(count(*) > 1, '; so do those of ' || (count(*) - 1) || ' more', '')",
            "'.'",
        ],
    },
    {
        'name': 'hot_sites',
        'items': 'hot_site_items', 'kind': 'site', 'severity': "'medium'",
        'figure': 'max(excess_c)', 'unit': '°C',
        'sentence': [
            "'Sessions at '", count_text('count(*)', 'site'),
            "' start up to '", number_text('max(excess_c)', 1),
            "' °C warmer than at the median site: '", item_names(),
            "'. Check the cabinet fans, filters and surroundings.'",
        ],
    },
    {
        'name': 'broken_sensors',
        'items': 'sensor_fault_items', 'kind': 'sensor', 'severity': "'medium'",
        'figure': 'count(*)', 'unit': 'handles',
        'sentence': [
            count_text('count(*)', 'handle'), is_or_are('has', 'have'),
            "'a temperature sensor with impossible or frozen values: '",
            item_names(),
            "'. Do not trust these temperatures until the sensor is replaced.'",
        ],
    },
    {
        'name': 'false_over_temperature_alerts',
        'items': 'over_temperature_items', 'kind': 'alerts',
        'severity': "'medium'", 'figure': 'sum(alert_count)', 'unit': 'alerts',
        'condition': 'sum(hot_incident_count) = 0 and sum(alert_count) >= 3',
        'sentence': [
            "'None of '",
            count_text('sum(alert_count)', 'over-temperature alert'),
            "' came from a hot handle, and '", 'sum(untrusted_alert_count)',
            "' came from a suspect sensor. They were raised by '",
            item_names(), "'.'",
        ],
    },
    {
        'name': 'silent_overheating',
        'items': 'silent_items', 'kind': 'alerts', 'severity': "'medium'",
        'figure': 'max(silent_episode_count)', 'unit': 'episodes',
        'condition': 'max(silent_episode_count) > 0',
        'sentence': [
            'max(silent_episode_count)', "' of '",
            count_text('max(episode_count)', 'overheated episode'),
            "' (counted by sensor) raised no temperature alert within '",
            "'ten minutes.'",
        ],
    },
    {
        'name': 'noisy_handles',
        'items': 'noisy_items', 'kind': 'alerts', 'severity': "'medium'",
        'figure': 'sum(alert_ratio)', 'unit': 'share of alerts',
        'condition': 'max(all_alert_count) >= 20 and 3 * count(*) <= '
            ~ all_handles,
        'sentence': [
            'count(*)', "' of '", count_text(all_handles, 'handle'),
            "' raised '", percent_text('sum(alert_ratio)'), "' of all '",
            count_text('max(all_alert_count)', 'alert'), "': '", item_names(),
            "'. The watchlist names a cause for '",
            'count(*) filter (where is_named)', "' of them.'",
        ],
    },
    {
        'name': 'derated_handles',
        'items': 'derated_items', 'kind': 'overheating',
        'severity': "if(sum(lost_energy_kwh) >= 20, 'medium', 'low')",
        'figure': 'sum(lost_energy_kwh)', 'unit': 'kWh',
        'sentence': [
            "'Foldback cost about '", number_text('sum(lost_energy_kwh)', 0),
            "' kWh: '", count_text('count(*)', 'handle'),
            "' had less power for '",
            number_text('sum(derated_seconds) / 60', 0),
            "' min once a pole was hot: '", item_names(),
            "if(max(unjudged_count) > 0, '; for ' || "
            ~ count_text('max(unjudged_count)', 'more hot session')
            ~ " || ' the loss is not known', '')", "'.'",
        ],
    },
    {
        'name': 'more_alerts',
        'items': 'last_day_items', 'kind': 'trend', 'severity': "'medium'",
        'figure': 'max(alert_count)', 'unit': 'alerts',
        'condition': 'max(alert_count) >= 3 * max(usual_alert_count)'
            ~ ' and max(alert_count) - max(usual_alert_count) >= 20',
        'sentence': [
            count_text('max(alert_count)', 'alert'), "' fired on '",
            'max(item)', "', and '", number_text('max(usual_alert_count)', 0),
            "' on a usual day before.'",
        ],
    },
    {
        'name': 'more_hot_time',
        'items': 'last_day_items', 'kind': 'trend', 'severity': "'medium'",
        'figure': 'max(hot_ratio)', 'unit': 'share of time in use',
        'condition': 'max(hot_ratio) >= 2 * max(usual_hot_ratio)'
            ~ ' and max(hot_ratio) - max(usual_hot_ratio) >= 0.01',
        'sentence': [
            "'Handles were at or above 90 °C for '",
            number_text('100 * max(hot_ratio)', 1),
            "' % of the time in use on '", 'max(item)', "', and for '",
            number_text('100 * max(usual_hot_ratio)', 1),
            "' % on a usual day before.'",
        ],
    },
    {
        'name': 'heat_by_power',
        'items': 'hot_power_items', 'kind': 'overheating', 'severity': "'low'",
        'figure': of_first('hot_ratio'), 'unit': 'share of time in use',
        'condition': of_first('hot_ratio') ~ ' >= 0.2',
        'sentence': [
            "'At '", of_first('item'),
            "' of recent power, handles are at or above 90 °C in '",
            percent_text(of_first('hot_ratio')), "' of windows.'",
        ],
    },
    {
        'name': 'chattering_alerts',
        'items': 'chattering_items', 'kind': 'alerts', 'severity': "'low'",
        'figure': 'sum(chattering_alert_count)', 'unit': 'alerts',
        'sentence': [
            number_text('sum(chattering_alert_count)', 0), "' of '",
            count_text('max(all_alert_count)', 'alert'),
            "' came in bursts, three or more within a minute, from '",
            item_names(), "'. Count incidents, not alerts.'",
        ],
    },
    {
        'name': 'unread_files',
        'items': 'file_items', 'kind': 'data', 'severity': "'medium'",
        'figure': 'count(*)', 'unit': 'files',
        'sentence': [
            count_text('count(*)', 'file'),
            "' could not be read as a whole: '", item_names(), "'.'",
        ],
    },
    {
        'name': 'rejected_rows',
        'items': 'rejected_items', 'kind': 'data',
        'severity': "if(sum(row_count) >= 0.01"
            ~ " * (select build_info.reading_count from build_info),"
            ~ " 'medium', 'low')",
        'figure': 'sum(row_count)', 'unit': 'rows',
        'sentence': [
            count_text('sum(row_count)', 'row'), is_or_are('was', 'were', 'sum(row_count)'),
            "'rejected: '",
            item_names("item || ' (' || row_count::bigint || ')'"), "'.'",
        ],
    },
] -%}

findings as (

    {% for rule in rules -%}
        {{ finding(rule, loop.index) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

fleet_findings as (

    select
        row_number() over (
            order by
                case severity
                    when 'high' then 1 when 'medium' then 2 else 3
                end,
                rule_number
        )::bigint as finding_rank,
        finding_name,
        kind,
        severity,
        sentence,
        figure,
        figure_unit,
        items,
        item_count,
        site_id,
        asset_id,
        component_id
    from findings

)

select * from fleet_findings
order by finding_rank
