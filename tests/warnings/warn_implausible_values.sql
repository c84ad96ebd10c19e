-- Warns of signals with values outside the catalog's limits in more than 1 % of
-- the windows: the unit or the limit is probably wrong. Single broken sensors
-- are on the watchlist.
{{ config(severity='warn') }}

with

checked_windows as (

    select
        series.signal_name,
        windows.min_value < series.min_plausible
        or windows.max_value > series.max_plausible as is_implausible
    from {{ ref('int_signal_windows') }} as windows
    inner join {{ ref('int_series') }} as series
        on windows.series_key = series.series_key
    where series.is_in_catalog

),

signals as (

    select
        signal_name,
        count(*) filter (where is_implausible) as implausible_window_count,
        count(*) as window_count
    from checked_windows
    group by signal_name

)

select * from signals
where implausible_window_count > 0.01 * window_count
