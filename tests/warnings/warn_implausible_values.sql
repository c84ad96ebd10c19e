-- Warns of signals with values out of the catalog's limits in more than one
-- window in a hundred: rather a wrong unit or a wrong limit than a broken
-- sensor. Single broken sensors stand in the watchlist.
{{ config(severity='warn') }}

with

checked_windows as (

    select
        windows.signal_name,
        windows.min_value < signals.min_plausible
        or windows.max_value > signals.max_plausible as is_implausible
    from {{ ref('int_signal_windows') }} as windows
    inner join {{ ref('int_signals') }} as signals
        on windows.signal_name = signals.signal_name
    where signals.is_in_catalog

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
