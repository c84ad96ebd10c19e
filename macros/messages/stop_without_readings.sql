{% macro stop_without_readings() -%}
    {#- Post-hook of stg_read_files: without any reading, an empty result would
        replace the last good one. -#}
    {%- set problem = why_no_readings() if execute and not flags.EMPTY -%}
    {%- if problem -%}
        select {{ sql_error(text_literal(problem)) }}
    {%- endif -%}
{%- endmacro %}


{% macro why_no_readings() -%}
    {#- The message to stop with, or nothing. -#}
    {%- set files_query -%}
        select
            files.file_name,
            read_files.file_problem,
            read_files.is_left_out,
            read_files.row_count - read_files.rejected_row_count as staged_count
        from {{ this }} as read_files
        inner join {{ ref('stg_landing_files') }} as files
            on read_files.file_version = files.file_version
        where files.record_type = 'signal'
        order by
            staged_count desc,
            read_files.is_left_out desc,
            read_files.file_problem is null desc,
            files.file_name asc
        limit 1
    {%- endset -%}
    {%- set faulty_line -%}
        if(
            rejected.reject_reason like 'the first line %'
            or rejected.reject_reason like 'the header names %',
            files.first_line,
            rejected.raw_line
        )
    {%- endset -%}
    {%- set reasons_query -%}
        select
            {{ kind_of_reason('rejected.reject_reason') }} as reject_reason,
            count(*) as row_count,
            sum(count(*)) over () as rejected_count,
            min(files.file_name) as file_name,
            left(
                {{ shown_line(
                    'min_by(' ~ faulty_line ~ ', '
                    ~ row_of(['files.file_name', 'rejected.raw_line']) ~ ')'
                ) }},
                120
            ) as example_line
        from {{ ref('stg_line_rows') }} as rejected
        inner join {{ ref('stg_landing_files') }} as files
            on rejected.file_version = files.file_version
        where rejected.record_type = 'signal'
        group by {{ kind_of_reason('rejected.reject_reason') }}
        order by row_count desc, reject_reason asc
        limit 1
    {%- endset -%}
    {%- set file = run_query(files_query).rows | first -%}
    {%- if file and not file.staged_count -%}
        {%- set reason = run_query(reasons_query).rows | first -%}
        {%- if file.is_left_out -%}
            {{- return(
                'No signal file was read. The first, ' ~ shown_text(file.file_name)
                ~ ', ' ~ shown_text(file.file_problem) ~ '.'
            ) -}}
        {%- elif reason -%}
            {{- return(
                'No reading could be loaded: all ' ~ reason.rejected_count
                ~ ' rows of the signal files were rejected, '
                ~ reason.row_count ~ ' because ' ~ shown_text(reason.reject_reason)
                ~ ", such as '" ~ shown_text(reason.example_line) ~ "' in '"
                ~ shown_text(reason.file_name) ~ "'; "
                ~ remedy_for(reason.reject_reason) ~ '.'
            ) -}}
        {%- else -%}
            {{- return(
                "No reading could be loaded: no signal file in '"
                ~ shown_text(landing_dir()) ~ "' holds a row; the first, '"
                ~ shown_text(file.file_name) ~ "', is "
                ~ shown_text(file.file_problem or 'a header only')
                ~ '; set LANDING_DIR to the folder that holds the telemetry.'
            ) -}}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{% macro kind_of_reason(reason) -%}
    {#- SQL: a reject_reason without the value of the row. -#}
    {{ replace_pattern(reason, ' [(].*[)]: ', ': ') }}
{%- endmacro %}


{% macro remedy_for(reason) -%}
    {#- What to do about rejected rows, by a word of the reason. -#}
    {%- for word, remedy in {
        'header': 'write these columns into the first line, or name those of the file in seeds/landing_formats.csv',
        'spreadsheet': 'export the file again, and do not open it in a spreadsheet',
        'two ways': 'add a row for the file to seeds/landing_formats.csv',
        'later than its file': 'touch the file if a copy gave it an old time, or correct the clock of the system that wrote it',
        'timestamp': 'write epoch milliseconds or ISO 8601 with seconds, such as 1647086400000 or 2022-03-12T12:00:00Z',
        'value': 'write a number with a decimal point, such as 105.5',
        'fields': 'write as many fields as the header has',
        'quote': 'close each quote, or leave quotes out',
        'encoding': 'save the file as UTF-8 or UTF-16',
        'control character': 'remove it',
        'no ': 'fill that column in each row',
    }.items() if word in modules.re.sub(' [(]column .*', '', reason) -%}
        {%- if loop.first -%}
            {{- return(remedy) -}}
        {%- endif -%}
    {%- endfor -%}
    {{- return('compare the file with docs/your-data.md') -}}
{%- endmacro %}
