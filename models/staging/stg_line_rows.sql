-- One row per row of the landing files that is not typed in stg_plain_rows:
-- typed here, or with the reason for its rejection.
--
-- The input is the lines that stg_plain_rows keeps as text, and all lines of
-- files without a row there. A line of a wide file has one row per value.
{{ config(
    materialized='incremental',
    pre_hook="{{ start_reading('is_readable and not ' ~ is_typed()) }}",
    post_hook="{{ end_reading('is_first_of_line') }}"
) }}

with

files as (

    select * from {{ ref('stg_landing_files') }}

),

odd_lines as (

    select
        file_version,
        line,
        line_number
    from {{ ref('stg_plain_rows') }}
    where
        line is not null
        and {{ is_new_version('file_version') }}

),

lines as (

    select
        files.*,
        read_lines.line,
        read_lines.is_valid,
        read_lines.line_number
    from {{ read_lines() }} as read_lines
    inner join files on read_lines.file_path = files.file_path
    where
        files.file_problem is not null
        or read_lines.line not in (files.first_line, files.header_line)
    union all
    select
        files.*,
        odd_lines.line,
        true as is_valid,
        odd_lines.line_number
    from odd_lines
    inner join files on odd_lines.file_version = files.file_version

),

split_lines as (

    select
        *,
        {{ csv_fields('line', 'delimiter') }} as fields
    from lines

),

filled_places as (

    select
        *,
        {{ list_where(
            'signal_positions',
            'position',
            without_blanks(list_item('fields', 'position')) ~ " <> ''"
        ) }} as filled_positions
    from split_lines

),

-- The positions of a line's values; one position if the line has none.
value_places as (

    select
        *,
        case
            when signal_positions is null or fields is null
                then {{ list_of('value_position') }}
            when {{ list_length('filled_positions') }} = 0
                then {{ list_of(list_item('signal_positions', '1')) }}
            else filled_positions
        end as places
    from filled_places

),

placed_values as (

    select
        *,
        {{ by_engine('unnest', 'explode') }}(places) as place
    from value_places

),

texts as (

    select
        *,
        coalesce(place = {{ list_item('places', '1') }}, true)
            as is_first_of_line,
        -- Some exports end each line with a comma. The typed reader ignores an
        -- empty field after the last column.
        coalesce(
            {{ list_item('fields', 'field_count + 1') }} = '', false
        ) as has_empty_field_more,
        {% for column in ['site', 'asset', 'component', 'note'] -%}
            nullif(
                {{ without_blanks(list_item('fields', column ~ '_position')) }},
                ''
            ) as {{ column }}_text,
        {% endfor -%}
        nullif(
            {{ time_text(
                without_blanks(list_item('fields', 'timestamp_position')),
                'record_type'
            ) }},
            ''
        ) as timestamp_text,
        nullif({{ without_blanks(list_item('fields', 'place')) }}, '')
            as value_text,
        nullif({{ without_blanks(
            'case when signal_positions is null then '
            ~ list_item('fields', 'name_position')
            ~ ' else ' ~ list_item('header_names', 'place') ~ ' end'
        ) }}, '') as name_text
    from placed_values

),

cast_texts as (

    select
        *,
        {% for column in ['site', 'asset', 'component'] -%}
            {{ clean_id(column ~ '_text', 'decimal_mark') }} as {{ column }}_id,
            {{ has_lost_id_digits(column ~ '_text') }}
                as has_lost_{{ column }}_digits,
        {% endfor -%}
        case
            when record_type = 'inspection'
                then {{ as_word('name_text') }}
            else {{ composed('name_text') }}
        end as record_name,
        -- none as the cause of no_fault says the same as an empty cause.
        case
            when record_type = 'inspection'
                then nullif(
                        {{ as_word('value_text') }},
                        case when record_name = 'no_fault' then 'none' end
                    )
        end as found_cause,
        -- Control characters, such as tabs, become blanks.
        case
            when record_type = 'inspection'
                then {{ replace_pattern(
                        'note_text', control_character(), ' '
                    ) }}
        end as note,
        {{ number(with_point('value_text', 'decimal_mark')) }} as value,
        {{ with_point('timestamp_text', 'decimal_mark') }} as number_text,
        -- Nearly all times have this format, which is fast to read.
        case
            when {{ matches('timestamp_text', '[0-9]{1,18}') }}
                then timestamp_text::bigint
        end as whole_number,
        {{ iso_time('timestamp_text', 'time_format') }} as iso_time
    from texts

),

timed_rows as (

    select
        *,
        case
            when whole_number is not null
                then {{ ms_of_epoch('whole_number', 'time_format') }}
            when iso_time is not null
                then {{ ms_of_iso('iso_time') }}
            else {{ ms_of_epoch(exact_number('number_text'), 'time_format') }}
        end as epoch_ms
    from cast_texts

),

judged_rows as (

    select
        *,
        case
            when file_problem is not null
                then file_problem
            when not is_valid
                then 'unreadable line: invalid encoding'
            when fields is null
                then 'a quote is not closed, or stands inside a field'
            when
                {{ list_length('fields') }} - has_empty_field_more::int
                <> field_count
                then
                    {{ list_length('fields') }}
                    || ' fields where the header has ' || field_count
            {% for column in ['site', 'asset', 'component'] -%}
                when {{ column }}_text is null
                    then 'no {{ column }}'
                when has_lost_{{ column }}_digits
                    then
                        'the {{ column }} has lost its last digits ('
                        || {{ column }}_text
                        || '): it went through a spreadsheet'
            {% endfor -%}
            when record_name is null
                then case
                        when record_type = 'inspection' then 'no result'
                        else 'no ' || record_type || ' name'
                    end
            when
                -- Of the original text: DuckDB composes Unicode up to chr(0)
                -- only.
                {{ has_control_character(
                    'site_text || asset_text || component_text || name_text'
                ) }}
                then 'a control character in an id or name'
            when timestamp_text is null
                then 'no timestamp'
            when
                case
                    when epoch_ms is null and time_format like 'epoch%'
                        then not coalesce(
                                {{ matches('number_text', number_pattern()) }},
                                false
                            )
                end
                then 'the timestamp is not a number'
            when time_format = 'day/month/year or month/day/year'
                then
                    'the date can be read in two ways ('
                    || left(timestamp_text, 40)
                    || '): set time_format in seeds/landing_formats.csv'
            when
                case
                    when epoch_ms is null and time_format not like 'epoch%'
                        then
                            {{ matches(
                                'timestamp_text',
                                time_pattern(false)
                                ~ '(' ~ zone_pattern() ~ ')?'
                            ) }}
                            and not {{ matches(
                                'timestamp_text',
                                time_pattern()
                                ~ '(' ~ zone_pattern() ~ ')?'
                            ) }}
                end
                then 'the timestamp has no seconds'
            when epoch_ms is null and iso_time is not null
                then
                    'the timestamp is no date and time between the years 2000 '
                    || 'and 2100'
            when epoch_ms is null and time_format like 'epoch%'
                then
                    'the timestamp is not ' || time_format
                    || ' between the years 2000 and 2100'
            when epoch_ms is null
                then
                    'the timestamp is not in the format of the file, '
                    || time_format
            when
                case
                    when whole_number is null and time_format like 'epoch%'
                        then {{ has_lost_digits('number_text', 'lost_digits') }}
                end
                then
                    'the timestamp has lost its last digits ('
                    || timestamp_text || '): it went through a spreadsheet'
            when
                case
                    when
                        whole_number is null
                        and time_format = 'epoch milliseconds'
                        then
                            {{ exact_number('number_text') }} <> epoch_ms
                            or {{ matches(
                                'number_text', '[^eE]*[.][0-9]*[1-9][0-9]*'
                            ) }}
                end
                then 'the timestamp is not a whole number of milliseconds'
            when epoch_ms > last_possible_ms
                then
                    'the timestamp is more than a day later than its file '
                    || '(written on ' || modified_at::date
                    || '): a clock or the time of the file is wrong'
            when
                record_type = 'inspection'
                and record_name not in (
                    {%- for result in inspection_results() %}
                        '{{ result }}'{{ ',' if not loop.last }}
                    {%- endfor %}
                )
                then
                    'the result is unknown (' || left(name_text, 40)
                    || '): write {{ inspection_results() | join(" or ") }}'
            when found_cause = 'none'
                then
                    'the cause is none, but the result is ' || record_name
                    || ': write the cause that was found, or leave it empty'
            when
                found_cause is not null
                and {{ list_position('known_causes', 'found_cause') }} is null
                then
                    'the cause is unknown (' || left(value_text, 40)
                    || '): write one of seeds/cause_catalog.csv, or leave it '
                    || 'empty'
            when record_type in ('alert', 'inspection')
                then null
            when value_text is null
                then 'no value'
            when
                value is null
                and decimal_mark = '?'
                and {{ matches('value_text', thousands_pattern()) }}
                then
                    'the value can be read in two ways ('
                    || left(value_text, 40)
                    || '): set decimal_mark in seeds/landing_formats.csv'
            when value is null
                then 'the value is not a number'
            when not {{ is_finite('value') }}
                then 'the value is not finite'
            when abs(value) >= {{ value_limit() }}
                then 'the value is {{ value_limit() }} or beyond'
            when
                case
                    when abs(value) < {{ smallest_value() }}
                        then {{ matches('value_text', '[^eE]*[1-9].*') }}
                end
                then 'the value is closer to 0 than {{ smallest_value() }}'
        end
        -- Each value has its own reason. A line with a broken quote has no
        -- values.
        || case
            when signal_positions is null or record_name is null then ''
            else ' (column ' || record_name || ')'
        end as reject_reason
    from timed_rows

)

select
    record_type,
    case
        when reject_reason is null
            then {{ series_text(
                'site_id', 'asset_id', 'component_id', 'record_name'
            ) }} || case
                    when record_type = 'inspection'
                        then concat(
                                chr(31), coalesce(found_cause, ''),
                                chr(31), coalesce(note, '')
                            )
                    else ''
                end
    end as series_text,
    reject_reason,
    case when reject_reason is not null then line end as raw_line,
    case when reject_reason is not null then line_number end as line_number,
    case when reject_reason is null and record_type = 'signal' then value end
        as value,
    is_first_of_line,
    -- VALUE is the state of an alert: 0, or one of these words, clears it.
    coalesce(
        reject_reason is null
        and record_type = 'alert'
        and (
            value = 0
            or lower(value_text) in (
                'false', 'cleared', 'inactive', 'reset', 'off'
            )
        ),
        false
    ) as is_cleared,
    case
        when reject_reason is null
            then {{ time_of_ms('epoch_ms::bigint') }}
    end as recorded_at,
    file_version
from judged_rows
