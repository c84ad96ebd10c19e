-- One row per temperature series and reading at t whose 30 s up to t may have
-- a mean above the threshold.
--
-- A mean above the threshold needs a reading above it, and that lies in t's
-- own tumbling window or in the one before. So the hot windows (maximum above
-- the threshold) and their neighbours hold every period of interest with all
-- its readings. The computation goes back to single readings because a
-- period that ends at a reading does not align with the tumbling windows.
{{ config(
    materialized='incremental',
    pre_hook="{{ build_by_day(
        'window_end', ['int_signal_windows'], ['int_signals'], days_before=1
    ) }}"
) }}

with

hot_windows as (

    select
        windows.series_key,
        windows.window_start
    from {{ ref('int_signal_windows') }} as windows
    inner join {{ ref('int_series') }} as series
        on windows.series_key = series.series_key
    where
        series.quantity = 'temperature'
        and windows.max_value > {{ overheat_threshold('series') }}
        -- From a figure that it knows, the engine sees how few these are: 0.1 s
        -- instead of 0.5 s on the real week.
        and windows.max_value > (
            select min({{ overheat_threshold('signals') }})
            from {{ ref('int_signals') }} as signals
            where signals.quantity = 'temperature'
        )
        and {{ is_day_to_build('windows.window_start', days_before=1) }}

),

needed_windows as (

    {% for offset in [-1, 0, 1] -%}
        select
            series_key,
            window_start + {{ offset }} * {{ window_interval() }}
                as window_start,
            {{ 'true' if offset >= 0 else 'false' }} as holds_period_end
        from hot_windows
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

distinct_windows as (

    select
        series_key,
        window_start,
        bool_or(holds_period_end) as holds_period_end
    from needed_windows
    group by all

),

needed_readings as (

    select readings.*
    from {{ ref('stg_signals') }} as readings
    inner join distinct_windows
        on
            readings.series_key = distinct_windows.series_key
            and {{ window_start('readings.observed_at') }}
            = distinct_windows.window_start
    where {{ is_day_to_build('readings.observed_at', days_before=1) }}

),

rolling_windows as (

    {{ rolling_windows('needed_readings') }}

),

-- In the window before a hot one a period may reach back to readings that
-- were not kept; it holds none above the threshold.
exact_windows as (

    select rolling_windows.*
    from rolling_windows
    inner join distinct_windows
        on
            rolling_windows.series_key = distinct_windows.series_key
            and {{ window_start('rolling_windows.window_end') }}
            = distinct_windows.window_start
    where
        distinct_windows.holds_period_end
        and {{ is_day_to_build('rolling_windows.window_end') }}

)

select
    series_key,
    avg_value,
    reading_count,
    window_start,
    window_end
from exact_windows
