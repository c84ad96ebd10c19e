-- One row per reading or alert that the landing files contain more than once,
-- and file that contains it.
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
        'signal' as record_type,
        signals.series_text,
        signals.series_key,
        signals.value,
        false as is_cleared,
        signals.observed_at as recorded_at,
        signals.file_version
    from {{ ref('stg_signals') }} as signals
    semi join crowded_windows
        on
            signals.series_key = crowded_windows.series_key
            and {{ window_start('signals.observed_at') }}
            = crowded_windows.window_start
    where {{ is_day_to_build(days, 'signals.observed_at') }}
    union all
    select
        record_type,
        series_text,
        {{ hash_of(['series_text']) }} as series_key,
        value,
        is_cleared,
        recorded_at,
        file_version
    from {{ ref('stg_line_rows') }}
    where
        record_type = 'alert'
        and reject_reason is null
        and {{ is_of_kept_file() }}
        and {{ is_day_to_build(days, 'recorded_at') }}

),

rows_by_file as (

    select
        candidates.record_type,
        candidates.series_text,
        candidates.series_key,
        files.file_name,
        candidates.value,
        count(*) as row_count,
        candidates.is_cleared,
        candidates.recorded_at
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
    window same_row as (
        partition by
            record_type, series_key, value, is_cleared, recorded_at
    )

),

-- The staged copy is the one in the first file by name.
repeated_rows as (

    select
        record_type,
        {% for column in [
            'site_id', 'asset_id', 'component_id', 'record_name'
        ] -%}
            {{ text_part('series_text', loop.index) }} as {{ column }},
        {% endfor -%}
        series_key,
        file_name,
        value,
        row_count,
        is_cleared,
        file_name = first_file_name as is_staged_copy,
        recorded_at
    from counted_rows
    where total_row_count > 1

)

select
    repeated_rows.*,
    days.day_version
from repeated_rows
left join {{ ref('stg_days') }} as days
    on repeated_rows.recorded_at::date = days.day
