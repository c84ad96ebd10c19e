-- One row per component and 30 s step from twenty minutes before its worst
-- moment to twenty minutes after; also for steps without a reading.
with

-- A suspect sensor's episode counts only if nothing else was overheated.
worst_episodes as (

    select
        {{ component_key() }} as component_key,
        if(is_sensor_suspect, 'suspect episode', 'episode') as moment_kind,
        signal_name,
        started_at as moment_at
    from {{ ref('overheating_episodes') }}
    qualify
        row_number() over (
            partition by component_key
            order by
                is_sensor_suspect asc,
                peak_avg_temp_c desc,
                started_at asc,
                signal_name asc
        ) = 1

),

hottest_windows as (

    select
        component_key,
        'hottest window' as moment_kind,
        null as signal_name,
        {{ window_start('peaked_at') }} as moment_at
    from {{ ref('int_session_parts') }}
    where peak_avg_temp_c is not null
    qualify
        row_number() over (
            partition by component_key
            order by peak_avg_temp_c desc, peaked_at asc
        ) = 1

),

worst_moments as (

    select * from worst_episodes
    union all
    select hottest_windows.*
    from hottest_windows
    anti join worst_episodes using (component_key)

),

offsets as (

    {% set reach = 1200 // window_length() * window_length() -%}
    select
        {{ number_series(-reach, reach, var('window_seconds')) }}
            as offset_seconds

),

steps as (

    select
        worst_moments.*,
        offsets.offset_seconds,
        {{ window_start('worst_moments.moment_at') }}
        + offsets.offset_seconds * interval '1' second as window_start
    from worst_moments
    cross join offsets

),

worst_moment_windows as (

    select
        components.site_id,
        components.asset_id,
        components.component_id,
        steps.moment_kind,
        steps.signal_name,
        steps.offset_seconds,
        windows.negative_pole_temp_c,
        windows.positive_pole_temp_c,
        windows.board_temp_c,
        windows.avg_power_kw,
        steps.moment_at,
        steps.window_start
    from steps
    inner join {{ ref('int_components') }} as components
        on steps.component_key = components.component_key
    left join {{ ref('int_component_windows') }} as windows
        on
            steps.component_key = windows.component_key
            and steps.window_start = windows.window_start

)

select * from worst_moment_windows
