{%- set columns = {
    'timestamp': 'timestamp',
    'site': 'SITE',
    'asset': 'ASSET',
    'component': 'COMPONENT',
    'name': 'signal_name',
    'value': 'VALUE',
} -%}
{#- The names of these columns in inspection files. -#}
{%- set inspection_columns = {
    'timestamp': 'date',
    'name': 'result',
    'value': 'cause',
} -%}
{%- set fraction = '[+-]?[0-9]*[.][0-9]+([eE][+-]?[0-9]+)?' -%}
{%- set thousands = thousands_pattern() -%}
{#- The position of each column in the header. -#}
{%- set places = {} -%}
{%- for column in columns -%}
    {%- do places.update({column: list_position(
        'header_fields', 'lower(' ~ column ~ '_column)'
    )}) -%}
{%- endfor -%}
{%- set signal_places = list_where(
    by_engine(
        'range(1, len(header_fields) + 1)', 'sequence(1, size(header_fields))'
    ),
    'place',
    list_item('header_fields', 'place') ~ " not in ('', 'event_date', "
    ~ 'lower(timestamp_column), lower(site_column), lower(asset_column), '
    ~ 'lower(component_column))'
) -%}
{#- How many known columns each delimiter finds in the header. -#}
{%- set counts = {} -%}
{%- for mark in delimiters() -%}
    {%- do counts.update({mark: 'coalesce(' ~ list_length(list_where(
        csv_fields('header_line', mark),
        'field',
        'lower(' ~ without_blanks('field') ~ ') in (lower('
        ~ columns | join('_column), lower(') ~ "_column), 'alert_name')"
    )) ~ ', 0)'}) -%}
{%- endfor -%}
-- One row per file in the landing folder: its format.
--
-- The format comes from the seed landing_formats, or else from the header and
-- the first rows. It applies to the whole file: rows in another format are
-- rejected.
with

landing_files as (

    select
        *,
        {{ file_name('file_path') }} as file_name
    from {{ source('landing', 'files') }}

),

formats as (

    select
        *,
        {{ like_pattern('lower(file_pattern)') }} as like_pattern
    from {{ ref('landing_formats') }}

),

-- The longest matching pattern is the most specific one.
chosen_patterns as (

    select
        files.file_path,
        max_by(
            formats.file_pattern,
            {{ row_of([
                'length(formats.file_pattern)', 'formats.file_pattern'
            ]) }}
        ) as file_pattern
    from landing_files as files
    inner join formats
        on lower(files.file_name) like formats.like_pattern escape '!'
    group by files.file_path

),

header_lines as (

    select
        files.*,
        case
            when contains(lower(files.file_name), 'signals_data')
                then 'signal'
            when contains(lower(files.file_name), 'alerts_data')
                then 'alert'
            when contains(lower(files.file_name), 'inspections')
                then 'inspection'
        end as record_type,
        -- Spreadsheets write the delimiter on a line of its own: sep=;
        case
            when {{ matches('files.first_line', '"?[sS][eE][pP]=."?') }}
                then {{ list_item('files.sample_lines', '1') }}
            else files.first_line
        end as header_line,
        {% for column, name in columns.items() -%}
            coalesce(
                formats.{{ column }}_column,
                {% if column in inspection_columns -%}
                    case
                        when record_type = 'inspection'
                            then '{{ inspection_columns[column] }}'
                    end,
                {% endif -%}
                '{{ name }}'
            ) as {{ column }}_column,
        {% endfor -%}
        formats.delimiter,
        formats.decimal_mark,
        formats.time_format,
        coalesce(formats.layout, 'long') = 'wide' as is_wide
    from landing_files as files
    left join chosen_patterns on files.file_path = chosen_patterns.file_path
    left join formats
        on chosen_patterns.file_pattern = formats.file_pattern

),

-- The delimiter that finds the most columns; a comma if several do.
counted_columns as (

    select
        *,
        greatest(
            {%- for count in counts.values() -%}
                {{ count }}{{ ', ' if not loop.last }}
            {%- endfor -%}
        ) as column_count
    from header_lines

),

delimited_files as (

    select
        *,
        case
            when delimiter = 'tab' then chr(9)
            when delimiter is not null then delimiter
            {% for mark, count in counts.items() -%}
                when {{ count }} = column_count then {{ mark }}
            {% endfor -%}
        end as field_delimiter
    from counted_columns

),

split_headers as (

    select
        *,
        {{ list_map(
            csv_fields('header_line', 'field_delimiter'),
            'field',
            without_blanks('field')
        ) }} as header_names
    from delimited_files

),

headers as (

    select
        *,
        {{ list_map('header_names', 'name', 'lower(name)') }} as header_fields
    from split_headers

),

placed_columns as (

    select
        *,
        {% for column in ['site', 'asset', 'component'] -%}
            {{ places[column] }} as {{ column }}_position,
        {% endfor -%}
        coalesce(
            {{ places['timestamp'] }},
            -- An inspection has a date or a timestamp.
            case
                when record_type = 'inspection'
                    then {{ list_position('header_fields', "'timestamp'") }}
            end
        ) as timestamp_position,
        case
            when record_type = 'inspection'
                then {{ list_position('header_fields', "'note'") }}
        end as note_position,
        -- Some alert exports have the name of the alert in signal_name.
        case
            when record_type = 'alert' and not is_wide
                then {{ list_position('header_fields', "'alert_name'") }}
        end as alert_name_position,
        case when not is_wide then {{ places['name'] }} end
            as signal_name_position,
        case when not is_wide then {{ places['value'] }} end as value_position,
        -- In the wide layout, every other column is a signal.
        case when is_wide then {{ signal_places }} end as signal_positions
    from headers

),

sample_lines as (

    select
        file_path,
        {{ by_engine('unnest', 'explode') }}(sample_lines) as line
    from placed_columns

),

sample_fields as (

    select
        files.*,
        {{ csv_fields('lines.line', 'files.field_delimiter') }} as fields
    from sample_lines as lines
    inner join placed_columns as files on lines.file_path = files.file_path
    where lines.line <> files.header_line

),

sample_values as (

    select
        *,
        {{ by_engine('unnest', 'explode') }}(
            coalesce(signal_positions, {{ list_of('value_position') }})
        ) as place
    from sample_fields

),

sample_texts as (

    select
        file_path,
        field_delimiter,
        {{ time_text(
            without_blanks(list_item('fields', 'timestamp_position')),
            'record_type'
        ) }} as timestamp_text,
        {{ without_blanks(list_item('fields', 'place')) }} as value_text,
        concat_ws(
            chr(31),
            {{ list_item('fields', 'site_position') }},
            {{ list_item('fields', 'asset_position') }},
            {{ list_item('fields', 'component_position') }}
        ) as ids
    from sample_values

),

sample_formats as (

    select
        *,
        {{ time_format_of("replace(timestamp_text, ',', '.')") }} as time_format
    from sample_texts

),

counted_formats as (

    select
        file_path,
        time_format,
        count(*) as row_count
    from sample_formats
    where time_format is not null
    group by file_path, time_format

),

-- A number above 12 can only be the day, so it shows the order of the date.
time_formats as (

    select
        file_path,
        {% for format in ['day/month/year', 'month/day/year'] -%}
            coalesce(
                max(case when time_format = '{{ format }}' then 1 end) = 1,
                false
            ) as is_{{ format | replace('/', '_') }},
        {% endfor -%}
        max_by(
            time_format,
            {{ row_of([
                "row_count",
                "time_format = 'epoch milliseconds'",
                'time_format'
            ]) }}
        ) as time_format
    from counted_formats
    group by file_path

),

value_counts as (

    select
        file_path,
        field_delimiter,
        count(*) as row_count,
        count(*) filter (
            where {{ matches('value_text', fraction | replace('.', ',')) }}
        ) as comma_count,
        count(*) filter (
            where {{ matches('value_text', fraction) }}
        ) as point_count,
        -- These may also be grouped thousands: 104,500.
        count(*) filter (
            where {{ matches('value_text', thousands) }}
        ) as thousands_count,
        count(*) filter (
            where {{ matches('timestamp_text', '[0-9]{12,13}') }}
            and not contains(ids, '.')
        ) as plain_count,
        count(*) filter (
            where {{ unspelled_digits('timestamp_text') }} > 0
            and {{ spelled_digits('timestamp_text') }} <= 8
        ) as short_time_count
    from sample_texts
    group by file_path, field_delimiter

),

marks as (

    select
        file_path,
        case
            when comma_count > greatest(point_count, thousands_count) then ','
            -- With semicolons as delimiters, the decimal mark is usually a
            -- comma.
            when
                point_count > thousands_count
                or point_count > 0 and field_delimiter <> ';'
                then '.'
            else '?'
        end as decimal_mark,
        2 * plain_count >= row_count as has_plain_values,
        -- 32-bit floats have eight digits. A few exact times may have eight,
        -- too.
        case
            when short_time_count = row_count and row_count >= 3 then 8 else 7
        end as lost_digits
    from value_counts

)

select
    {% for column in [
        'file_path', 'file_name', 'is_read', 'read_problem', 'file_kind',
        'first_line', 'is_odd', 'is_utf8', 'has_long_lines',
        'line_count', 'size_bytes', 'modified_ns', 'entity_tag', 'judged_by',
    ] -%}
        files.{{ column }},
    {% endfor -%}
    files.mixes_line_ends as has_mixed_line_ends,
    files.record_type,
    files.header_line,
    files.header_names,
    files.header_fields,
    coalesce(files.field_delimiter, ',') as delimiter,
    coalesce(files.decimal_mark, marks.decimal_mark, '?') as decimal_mark,
    case
        when files.time_format is not null
            then files.time_format
        when times.time_format like '%/year'
            then case
                    when times.is_day_month_year and not times.is_month_day_year
                        then 'day/month/year'
                    when times.is_month_day_year and not times.is_day_month_year
                        then 'month/day/year'
                    else 'day/month/year or month/day/year'
                end
        else coalesce(times.time_format, 'epoch milliseconds')
    end as time_format,
    files.timestamp_position,
    files.site_position,
    files.asset_position,
    files.component_position,
    coalesce(files.alert_name_position, files.signal_name_position)
        as name_position,
    files.value_position,
    files.note_position,
    files.signal_positions,
    files.is_wide,
    {% for column in columns -%}
        files.{{ column }}_column,
    {% endfor -%}
    coalesce(marks.has_plain_values, true) as has_plain_values,
    coalesce(marks.lost_digits, 7) as lost_digits
from placed_columns as files
left join time_formats as times on files.file_path = times.file_path
left join marks on files.file_path = marks.file_path
