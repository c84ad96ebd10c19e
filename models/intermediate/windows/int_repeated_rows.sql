-- One row per reading that the landing files contain more than once, and file
-- that contains it.
{{ config(
    materialized='incremental',
    pre_hook="{{ delete_old_rows('stg_days', 'day_version') }}"
) }}
{%- set days = days_to_build() %}
with

crowded_windows as (

    select
        series_key,
        window_start
    from {{ ref('int_signal_windows') }}
    where is_crowded and {{ is_day_to_build(days, 'window_start') }}

),

candidates as (

    select
        signals.series_text,
        signals.series_key,
        signals.value,
        signals.observed_at,
        signals.file_version
    from {{ ref('stg_signals') }} as signals
    semi join crowded_windows
        on
            signals.series_key = crowded_windows.series_key
            and {{ window_start('signals.observed_at') }}
            = crowded_windows.window_start
    where {{ is_day_to_build(days, 'signals.observed_at') }}

),

rows_by_file as (

    select
        candidates.series_text,
        candidates.series_key,
        files.file_name,
        candidates.value,
        count(*) as row_count,
        candidates.observed_at
    from candidates
    inner join {{ ref('stg_landing_files') }} as files
        on candidates.file_version = files.file_version
    group by all

),

counted_rows as (

    select
        *,
        sum(row_count) over same_row as total_row_count,
        min(file_name) over same_row as first_file_name
    from rows_by_file
    window same_row as (partition by series_key, value, observed_at)

),

-- The staged copy is the one in the first file by name.
repeated_rows as (

    select
        {% for column in [
            'site_id', 'asset_id', 'component_id', 'signal_name'
        ] -%}
            {{ text_part('series_text', loop.index) }} as {{ column }},
        {% endfor -%}
        series_key,
        file_name,
        value,
        row_count,
        file_name = first_file_name as is_staged_copy,
        observed_at
    from counted_rows
    where total_row_count > 1

)

select
    repeated_rows.*,
    days.day_version
from repeated_rows
left join {{ ref('stg_days') }} as days
    on repeated_rows.observed_at::date = days.day
