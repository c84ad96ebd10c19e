{#- What a landing folder holds, and how its lines are read. Paths become SQL
    only through landing_literal, which escapes quotes and glob characters. -#}

{% macro landing_dir() -%}
    {%- set folder = env_var('LANDING_DIR', '') or 'data/sample' -%}
    {{- return(folder.rstrip('/') or '/') -}}
{%- endmacro %}


{% macro landing_literal(path) -%}
    {%- set escaped = path
        | replace('[', '[[]') | replace('*', '[*]') | replace('?', '[?]') -%}
    {{- return(text_literal(escaped)) -}}
{%- endmacro %}


{% macro list_landing_files() -%}
    {#- A name that begins with a dot is a system's own file, not a delivery. -#}
    {%- set files_query -%}
        select
            landing_file.file,
            landing_file.read_problem,
            landing_file.size_bytes,
            landing_file.modified_ns
        from (select unnest(landing_files({{ text_literal(landing_dir()) }})) as landing_file)
        where
            not starts_with(
                string_split(landing_file.file, '/')[-1], '.'
            )
        order by landing_file.file
    {%- endset -%}
    {{- return(run_query(files_query).rows) -}}
{%- endmacro %}


{% macro is_readable_landing_file(path) -%}
    {%- set name = path.split('/')[-1] | lower -%}
    {{- return(
        ('signals_data' in name or 'alerts_data' in name)
        and name.endswith(('.csv', '.csv.gz', '.csv.zst'))
    ) -}}
{%- endmacro %}


{% macro read_lines(paths_sql, options='') -%}
    {#- Whole lines: no quote, header or type can stop the reader, and a comma
        is split in SQL, where a bad row has a reason. The delimiter, after
        which the rest of a line would be dropped, is the last code point of
        Unicode: it is no character, and no text holds it. -#}
    read_csv(
        {{ paths_sql }},
        columns = {'line': 'VARCHAR'},
        auto_detect = false,
        header = false,
        delim = chr(1114111),
        quote = '',
        escape = '',
        strict_mode = false,
        filename = true
        {%- if options %}, {{ options }}{% endif %}
    )
{%- endmacro %}


{% macro register_landing_files() -%}
    {#- Runs before the models: finds the files, stops with one sentence where
        there is nothing to load, and declares the tables that the source
        `landing` names. -#}
    {%- if execute and flags.WHICH in ('build', 'run') -%}
        {%- set seconds = var('window_seconds') -%}
        {%- if seconds is not integer or seconds < 1 or 86400 % seconds -%}
            {%- do exceptions.raise_compiler_error(
                'window_seconds is ' ~ seconds ~ '; it must be a whole number '
                ~ 'of seconds that divides a day, such as 30 or 60.'
            ) -%}
        {%- endif -%}
        {%- set files = list_landing_files() -%}
        {%- set readable_paths = [] -%}
        {%- set signal_paths = [] -%}
        {%- for path, problem, size, modified_ns in files if is_readable_landing_file(path) -%}
            {%- if problem is none -%}
                {%- do readable_paths.append(path) -%}
            {%- endif -%}
            {%- if 'signals_data' in path.split('/')[-1] | lower -%}
                {%- do signal_paths.append(path) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if not signal_paths -%}
            {%- do exceptions.raise_compiler_error(
                "There is nothing to load: the landing folder '"
                ~ landing_dir() ~ "' is missing, or holds no file with "
                ~ "signals_data in its name that ends in .csv, .csv.gz or "
                ~ ".csv.zst (other files there: " ~ files | length
                ~ "); set LANDING_DIR to the folder that holds the "
                ~ "telemetry."
            ) -%}
        {%- endif -%}
        {%- if not readable_paths -%}
            {%- do exceptions.raise_compiler_error(
                "There is nothing to load: no signal file can be read in the "
                ~ "landing folder '" ~ landing_dir() ~ "'; the first, '"
                ~ signal_paths[0].split('/')[-1] ~ "': "
                ~ (files | selectattr(0, 'equalto', signal_paths[0])
                    | first)[1] ~ "."
            ) -%}
        {%- endif -%}
        {%- do create_landing_macros(files, readable_paths) -%}
        {%- do run_query(create_built_days()) -%}
    {%- endif -%}
{%- endmacro %}


{% macro create_landing_macros(files, readable_paths) -%}
    {%- set path_literals = [] -%}
    {%- for path in readable_paths -%}
        {%- do path_literals.append(landing_literal(path)) -%}
    {%- endfor -%}
    {%- set path_list = '[' ~ path_literals | join(', ') ~ ']' -%}

    {%- set statements -%}
        create schema if not exists landing;

        create or replace macro landing.files() as table
        {%- for path, problem, size, modified_ns in files %}
            select
                {{ text_literal(path) }} as file_path,
                {{ path in readable_paths }} as is_read,
                {{
                    text_literal(problem)
                    if problem is not none else 'null::varchar'
                }} as read_problem,
                {{ 'null' if size is none else size }}::bigint as size_bytes,
                {{ 'null' if modified_ns is none else modified_ns }}::bigint
                    as modified_ns,
                {% if path in readable_paths -%}
                    (
                        select line
                        from {{ read_lines(
                            landing_literal(path),
                            'ignore_errors = true, parallel = false, '
                            ~ 'max_line_size = 1000000, buffer_size = 1000001'
                        ) }}
                        where line is not null
                        limit 1
                    )
                {%- else -%}
                    null::varchar
                {%- endif %} as first_line
            {{ 'union all' if not loop.last }}
        {%- endfor %};

        create or replace macro landing.lines() as table
        from {{ read_lines(
            path_list, 'store_rejects = true, max_line_size = 200000000, '
            ~ 'buffer_size = 200000001'
        ) }};

        create or replace macro landing.lines_in_order() as table
        from {{ read_lines(
            path_list,
            'ignore_errors = true, parallel = false, '
            ~ 'max_line_size = 200000000, buffer_size = 200000001'
        ) }};
    {%- endset -%}
    {%- do run_query(statements) -%}
{%- endmacro %}


{% macro drop_landing_macros() -%}
    {#- The published file names no folder of the machine that built it. -#}
    {%- if execute and flags.WHICH in ('build', 'run') -%}
        {%- do run_query('drop schema if exists landing cascade') -%}
    {%- endif -%}
{%- endmacro %}
