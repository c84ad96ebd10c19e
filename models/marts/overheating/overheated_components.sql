-- One row per temperature series with a 30 s period above the threshold.
with

counts as (

    select
        site_id,
        asset_id,
        component_id,
        signal_name,
        count(*) filter (where window_method = 'tumbling')
            as tumbling_window_count,
        count(*) filter (where window_method = 'sliding')
            as sliding_period_count
    from {{ ref('overheated_windows') }}
    group by all

),

-- Only sliding periods, because they include every tumbling window.
episodes as (

    select
        site_id,
        asset_id,
        component_id,
        signal_name,
        max(peak_avg_temp_c) as peak_avg_temp_c,
        {{ exact_sum('duration_seconds') }} as overheated_seconds,
        bool_and(is_sensor_suspect) as is_sensor_suspect,
        min(started_at) as first_overheated_at,
        max(ended_at) as last_overheated_at
    from {{ ref('overheating_episodes') }}
    group by all

),

periods as (

    select
        site_id,
        asset_id,
        component_id,
        signal_name,
        avg_temp_c,
        window_start,
        starts_before + {{ window_interval() }} as ends_before
    from {{ ref('overheated_windows') }}
    where window_method = 'sliding' and not is_sensor_suspect

),

bounded_periods as (

    select
        *,
        {{ covered_until(
            ['site_id', 'asset_id', 'component_id', 'signal_name'],
            'window_start', 'ends_before'
        ) }} as covered_until
    from periods

),

trusted_periods as (

    select
        site_id,
        asset_id,
        component_id,
        signal_name,
        max(avg_temp_c) as peak_trusted_avg_temp_c,
        {{ exact_sum(uncovered_seconds('window_start', 'ends_before')) }}
            as trusted_overheated_seconds
    from bounded_periods
    group by all

),

overheated_components as (

    select
        site_id,
        asset_id,
        component_id,
        signal_name,
        counts.tumbling_window_count,
        counts.sliding_period_count,
        episodes.peak_avg_temp_c,
        trusted_periods.peak_trusted_avg_temp_c,
        episodes.overheated_seconds,
        coalesce(trusted_periods.trusted_overheated_seconds, 0)
            as trusted_overheated_seconds,
        episodes.is_sensor_suspect,
        episodes.first_overheated_at,
        episodes.last_overheated_at
    from counts
    inner join episodes using (site_id, asset_id, component_id, signal_name)
    left join trusted_periods
        using (site_id, asset_id, component_id, signal_name)

)

select * from overheated_components
