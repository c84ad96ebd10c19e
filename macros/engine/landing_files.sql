{#- What a landing folder holds, and how its lines are read. Paths become SQL
    only through text_literal, which escapes quotes. -#}

{% macro landing_dir() -%}
    {#- dbt would keep in a file what it is when the project is parsed. -#}
    {%- set folder = (execute and env_var('LANDING_DIR', '')) or 'data/sample' -%}
    {{- return(folder.rstrip('/') or '/') -}}
{%- endmacro %}


{% macro read_lines(paths_sql, options) -%}
    {#- Whole lines: no quote, header or type can stop the reader, and a comma
        is split in SQL, where a bad row has a reason. The delimiter, after
        which the rest of a line would be dropped, is the last code point of
        Unicode: it is no character, and a file that holds it is not read. -#}
    read_csv(
        {{ paths_sql }},
        columns = {'line': 'VARCHAR'},
        auto_detect = false,
        header = false,
        delim = chr(1114111),
        quote = '',
        escape = '',
        strict_mode = false,
        {{ as_listed() }},
        {{ options }}
    )
{%- endmacro %}


{% macro as_listed() -%}
    {#- The plugin's own filesystem unpacks. -#}
    compression = 'none',
    filename = true,
    hive_partitioning = false
{%- endmacro %}


{% macro file_path_of(address) -%}
    {#- What follows landing://, where the plugin's filesystem has the files. -#}
    substr({{ address }}, {{ 'landing://' | length + 1 }})
{%- endmacro %}


{% macro has_plain_form() -%}
    {{- return(adapter.dispatch('has_plain_form')()) -}}
{%- endmacro %}


{% macro default__has_plain_form() -%}
    {#- The header of a signal file as the chargers' system exports it, and no
        line end but \n, at any other of which the typed reader stops. It would
        not see a quote in a column that nobody reads, see the plugin. -#}
    coalesce(
        first_line
        = ',timestamp,SITE,ASSET,COMPONENT,signal_name,VALUE,event_date'
        and not is_odd,
        false
    )
{%- endmacro %}


{% macro read_plain_rows(paths_sql) -%}
    {#- Typed rows. Nothing is quoted, padded or guessed: a line that does not
        fit stands in plain_errors. The time is read as a fraction, which the
        engine would otherwise round. -#}
    read_csv(
        {{ paths_sql }},
        columns = {
            'row_number': 'VARCHAR',
            'timestamp': 'DOUBLE',
            'site': 'VARCHAR',
            'asset': 'VARCHAR',
            'component': 'VARCHAR',
            'signal_name': 'VARCHAR',
            'value': 'DOUBLE',
            'event_date': 'VARCHAR'
        },
        auto_detect = false,
        header = true,
        delim = ',',
        quote = '',
        escape = '',
        {{ as_listed() }},
        {{ line_limit() }},
        {{ keep_rejects('plain') }}
    )
{%- endmacro %}


{% macro line_limit(has_long_lines=false) -%}
    {#- Two threads lose a line at the end of a buffer, unless it holds many lines
        of the greatest length and is a multiple of what a thread takes, 8 MB. So
        one thread reads a file that has longer ones. -#}
    {%- if has_long_lines -%}
        max_line_size = 200000000, buffer_size = 200000001, parallel = false
    {%- else -%}
        max_line_size = 2000000, buffer_size = 32000000
    {%- endif -%}
{%- endmacro %}


{% macro keep_rejects(way) -%}
    {#- Lines that the reader refuses stand in temporary tables. -#}
    store_rejects = true,
    rejects_table = '{{ way }}_errors',
    rejects_scan = '{{ way }}_scans'
{%- endmacro %}


{% macro register_landing_files() -%}
    {#- Runs before the models: finds the files and declares the tables that
        the source `landing` names; where there is nothing to load, it returns
        the sentence to stop with. -#}
    {%- if execute and flags.WHICH in ('build', 'run') -%}
        {%- do adapter.dispatch('find_landing_files')() -%}
        {%- set files_query -%}
            select
                file_path,
                {{ file_name('file_path') }} as file_name,
                read_problem,
                contains(lower(file_name), 'signals_data') as is_signal_file,
                coalesce(mixes_line_ends, false) as mixes_line_ends,
                coalesce(has_long_lines, false) as has_long_lines,
                is_signal_file and {{ has_plain_form() }} as is_plain
            from {{ landing_files() }}
            where is_read
            order by not is_signal_file, file_path
        {%- endset -%}
        {%- set files = run_query(files_query).rows -%}
        {%- if not files or not files[0].is_signal_file -%}
            {{- return(
                "There is nothing to load: the landing folder '"
                ~ landing_dir() ~ "' is missing, or cannot be listed, or "
                ~ "holds no file with "
                ~ "signals_data in its name that ends in .csv, .csv.gz or "
                ~ ".csv.zst (other files there: "
                ~ run_query('select count(*) from ' ~ landing_files()).rows[0][0]
                ~ "); set LANDING_DIR to the folder that holds the "
                ~ "telemetry."
            ) -}}
        {%- endif -%}
        {%- set readable_files = files | selectattr('read_problem', 'none')
            | list -%}
        {%- if not readable_files -%}
            {{- return(
                "There is nothing to load: no signal file can be read in the "
                ~ "landing folder '" ~ landing_dir() ~ "'; the first, '"
                ~ files[0].file_name ~ "': " ~ files[0].read_problem ~ "."
            ) -}}
        {%- endif -%}
        {%- do adapter.dispatch('prepare_readers')(readable_files) -%}
    {%- endif -%}
{%- endmacro %}


{% macro landing_files() -%}
    {{- return(api.Relation.create(
        target.database or none, 'landing', 'files'
    )) -}}
{%- endmacro %}


{% macro file_name(path) -%}
    {{- return(adapter.dispatch('file_name')(path)) -}}
{%- endmacro %}


{% macro default__file_name(path) -%}
    {#- Not parse_filename, to which a backslash ends a folder, too. -#}
    split_part({{ path }}, '/', -1)
{%- endmacro %}


{% macro default__find_landing_files() -%}
    {%- set table_query -%}
        select 1 from duckdb_tables()
        where
            database_name = '{{ target.database }}'
            and schema_name = 'landing'
            and table_name = 'files'
    {%- endset -%}
    {%- do run_query(create_landing_files(
        is_known=run_query(table_query).rows | length > 0
    )) -%}
{%- endmacro %}


{% macro default__prepare_readers(files) -%}
    {%- set groups = {} -%}
    {%- for file in files -%}
        {%- do groups.setdefault(
            (file.mixes_line_ends, file.has_long_lines), []
        ).append(file.file_path) -%}
    {%- endfor -%}
    {%- do run_query(create_readers(
        groups,
        files | selectattr('is_plain') | map(attribute='file_path') | list
    )) -%}
    {%- do run_query(create_built_parts()) -%}
{%- endmacro %}


{% macro create_landing_files(is_known) -%}
    {#- is_known: whether the table is there from the build before. -#}
    create schema if not exists landing;
    create schema if not exists {{ landing_files().include(identifier=false) }};
    create or replace table {{ landing_files() }} as
    select unnest(
        landing_files(
            {% if is_known -%}
                (select to_json(list(found)) from {{ landing_files() }} as found)
            {%- else -%} null {%- endif %}
        ),
        recursive := true
    )
{%- endmacro %}


{% macro create_readers(groups, plain_paths) -%}
    {#- Each file's lines come in one piece, or they could not be numbered. -#}
    create or replace macro landing.plain_rows() as table
    select * replace ({{ file_path_of('filename') }} as filename)
    from {{ read_plain_rows(path_list(
        plain_paths or groups.values() | first
    )) }};

    create or replace macro landing.lines() as table
    {{ read_files(groups, keep_rejects('line')) }};

    create or replace macro landing.lines_in_order() as table
    {{ read_files(
        groups,
        'ignore_errors = true',
        'filename, line, row_number() over () as folder_line_number',
        is_file_to_read('filename'),
        is_in_order=true
    ) }}
{%- endmacro %}


{% macro read_files(
    groups, options, columns='filename, line', condition='true',
    is_in_order=false
) -%}
    {#- A file that mixes line ends is read with \n, where any of them ends a
        line; \r\n is then two, which would put other files' lines out of
        number. -#}
    {%- for (mixes_line_ends, has_long_lines), paths in groups.items() -%}
        {%- set group_options = [options, line_limit(has_long_lines)] -%}
        {%- if mixes_line_ends -%}
            {%- do group_options.append("new_line = '\\n'") -%}
        {%- endif -%}
        {%- if is_in_order and not has_long_lines -%}
            {%- do group_options.append('parallel = false') -%}
        {%- endif -%}
        select {{ columns }}
        from (
            select
                line,
                {{ file_path_of('filename') }} as filename
            from {{ read_lines(
                path_list(paths), group_options | join(', ')
            ) }}
        )
        where {{ condition }}
        {{ 'union all' if not loop.last }}
    {% endfor -%}
{%- endmacro %}


{% macro path_list(paths) -%}
    {#- As one text: a list of thousands of literals takes long to bind. -#}
    list_transform(
        from_json({{ text_literal(tojson(paths)) }}, '["varchar"]'),
        lambda path: 'landing://' || path
    )
{%- endmacro %}
