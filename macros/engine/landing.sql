{#- How the landing folder is listed, and how its files are read. The engine
    reads them through the filesystem of plugins/landing_files.py, as
    landing://path. Paths reach the engine as values, or through
    text_literal. -#}

{% macro landing_dir() -%}
    {#- Read at execution only: at parse time, dbt would cache the value in a
        file. -#}
    {%- set folder = (execute and env_var('LANDING_DIR', '')) or 'data/sample' -%}
    {%- set folder = modules.re.sub('://[^/]*:.*@', '://***@', folder) -%}
    {{- return(folder.rstrip('/') or '/') -}}
{%- endmacro %}


{% macro landing_files() -%}
    {#- The table that lists the folder's files: the source `landing`. -#}
    {{- return(api.Relation.create(
        target.database or none, 'landing', 'files'
    )) -}}
{%- endmacro %}


{% macro find_landing_files() -%}
    {#- On-run-start: lists the folder. Returns the message to stop with if
        there is nothing to load. -#}
    {%- if execute and flags.WHICH in ('build', 'run') -%}
        {%- if '://***@' in landing_dir() -%}
            {{- return(
                'LANDING_DIR has a user and a password in its address: leave '
                ~ 'them out, and set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.'
            ) -}}
        {%- endif -%}
        {%- set problem = adapter.dispatch('list_landing_files')() | trim -%}
        {%- if problem -%}
            {{- return(
                "The landing folder '" ~ shown_text(landing_dir())
                ~ "' cannot be listed: " ~ problem ~ '.'
            ) -}}
        {%- endif -%}
        {%- set files_query -%}
            select
                {{ file_name('file_path') }} as file_name,
                read_problem
            from {{ landing_files() }}
            where
                is_read
                and contains(
                    lower({{ file_name('file_path') }}), 'signals_data'
                )
            order by read_problem is not null, file_path
        {%- endset -%}
        {%- set files = run_query(files_query).rows -%}
        {%- if not files -%}
            {%- set others = run_query(
                'select ' ~ file_name('file_path') ~ ' as file_name from '
                ~ landing_files() ~ ' order by all'
            ).columns[0].values() -%}
            {{- return(
                "There is nothing to load: the landing folder '"
                ~ shown_text(landing_dir()) ~ "' "
                ~ (
                    "has no signal file that ends in .csv, .csv.gz, .csv.zst or "
                    ~ ".parquet, only "
                    ~ shown_names(others, 3)
                    if others else "is missing, empty, or cannot be listed"
                )
                ~ "; set LANDING_DIR to the folder that holds the telemetry, in "
                ~ "files with signals_data in their name."
            ) -}}
        {%- elif files[0].read_problem is not none -%}
            {{- return(
                "There is nothing to load: no signal file can be read in the "
                ~ "landing folder '" ~ shown_text(landing_dir())
                ~ "'; the first, '" ~ shown_text(files[0].file_name) ~ "': "
                ~ shown_text(files[0].read_problem) ~ "."
            ) -}}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{% macro default__list_landing_files() -%}
    {#- The plugin gets the known facts on unchanged files, and reads only the
        other files; a full refresh reads all of them. Returns the reason if a
        folder on an object store cannot be listed; the table then stays
        unchanged. -#}
    {%- set problem = run_query('select folder_problem()').rows[0][0] -%}
    {%- if problem -%}
        {{- return(problem) -}}
    {%- endif -%}
    {%- set table_query -%}
        select 1 from duckdb_tables()
        where
            database_name = '{{ target.database }}'
            and schema_name = 'landing'
            and table_name = 'files'
    {%- endset -%}
    {%- set statements -%}
        create schema if not exists {{ landing_files().without_identifier() }};
        create or replace table {{ landing_files() }} as
        select unnest(
            landing_files(
                {% if not flags.FULL_REFRESH and run_query(table_query).rows -%}
                    (select to_json(list(found)) from {{ landing_files() }} as found)
                {%- else -%} null {%- endif %}
            ),
            recursive := true
        )
    {%- endset -%}
    {%- do run_query(statements) -%}
{%- endmacro %}


{% macro file_name(path) -%}
    {{- return(adapter.dispatch('file_name')(path)) -}}
{%- endmacro %}


{% macro default__file_name(path) -%}
    {#- Includes the folder of a Parquet file in parts. -#}
    regexp_extract({{ path }}, '(?i)([^/]+[.]parquet/)?[^/]*$')
{%- endmacro %}


{% macro has_plain_form() -%}
    {{- return(adapter.dispatch('has_plain_form')()) -}}
{%- endmacro %}


{% macro default__has_plain_form() -%}
    {#- The header of the chargers' own signal export, with any name for the row
        number column, and no unusual text (see the plugin). -#}
    coalesce(
        ends_with(
            first_line,
            ',timestamp,SITE,ASSET,COMPONENT,signal_name,VALUE,event_date'
        )
        and {{ list_length('header_fields') }} = 8
        and time_format = 'epoch milliseconds'
        and decimal_mark <> ','
        {% for column in [
            'timestamp', 'site', 'asset', 'component', 'name', 'value'
        ] -%}
            and {{ column }}_position = {{ loop.index + 1 }}
        {% endfor -%}
        and has_plain_values
        and not is_odd,
        false
    )
{%- endmacro %}


{% macro value_limit() -%}
    {#- Larger than any quantity in any unit, and small enough that the fourth
        power of a value, which the thermal fits sum up, is finite. -#}
    1e30
{%- endmacro %}


{% macro smallest_value() -%}
    {#- A number closer to 0 loses digits, or is read as 0. -#}
    1e-300
{%- endmacro %}


{% macro is_plain_row(
    timestamp, site, asset, component, signal_name, value, last_ms
) -%}
    {#- SQL: whether the columns of a row in a plain file are valid and in the
        plainest notation. stg_line_rows judges every other row by its line. -#}
    coalesce(
        try_cast({{ timestamp }} as bigint)
        between {{ first_epoch_second() * 1000 }} and {{ last_ms }}
        and try_cast({{ timestamp }} as bigint)::{{ dbt.type_string() }}
        = {{ timestamp }}
        and abs({{ value }}) < {{ value_limit() }}
        and (abs({{ value }}) >= {{ smallest_value() }} or {{ value }} = 0)
        -- An id with a point may be a number that was read as a fraction.
        {% for text in [site, asset, component] -%}
            and not contains({{ text }}, '.')
        {% endfor -%}
        {% for text in [site, asset, component, signal_name] -%}
            and {{ text }} <> ''{{ ',' if loop.last }}
        {% endfor -%}
        false
    )
{%- endmacro %}


{% macro start_reading(condition) -%}
    {#- Pre-hook of a model that reads landing files: deletes the rows of old
        files, and stores the new files in variables of the connection.
        condition: SQL on stg_landing_files that selects the files of the
        model. -#}
    {{- return(adapter.dispatch('start_reading')(condition)) -}}
{%- endmacro %}


{% macro default__start_reading(condition) -%}
    {%- set deletion = delete_old_rows('stg_landing_files', 'file_version') -%}
    {{ deletion ~ ';' if deletion | trim }}
    set variable new_files = (
        select coalesce(list(file_version), [])
        from {{ ref('stg_landing_files') }}
        where
            ({{ condition }})
            and {{ is_new_version('file_version') }}
    );
    {#- The path '' stands for an empty file, because the engine refuses an
        empty list. Files are grouped by the reader options that they need. -#}
    set variable new_paths = (
        select {
            {% for group, condition in {
                'usual': 'not has_mixed_line_ends and not has_long_lines',
                'mixed': 'has_mixed_line_ends and not has_long_lines',
                'long': 'not has_mixed_line_ends and has_long_lines',
                'long_mixed': 'has_mixed_line_ends and has_long_lines',
            }.items() -%}
                {{ group }}: coalesce(
                    list('landing://' || file_path) filter (where {{ condition }}),
                    ['landing://']
                ),
            {% endfor %}
        }
        from {{ ref('stg_landing_files') }}
        where list_contains(getvariable('new_files'), file_version)
    )
{%- endmacro %}


{% macro is_typed() -%}
    {#- SQL on stg_landing_files: whether stg_plain_rows has rows of the
        file. -#}
    file_version in (select distinct file_version from {{ ref('stg_plain_rows') }})
{%- endmacro %}


{% macro read_typed_rows() -%}
    {#- A subquery: the rows of the new plain files, typed by the reader
        (file_path, timestamp, site, asset, component, signal_name, value). -#}
    {{- return(adapter.dispatch('read_typed_rows')()) -}}
{%- endmacro %}


{% macro default__read_typed_rows() -%}
    {#- No quoting, padding or guessing: typed_errors gets every line that does
        not fit, also one with an empty value, because no text counts as null.
        The time is read as text, because the engine would round it. -#}
    (
        select
            * exclude (filename),
            {{ file_path_of('filename') }} as file_path
        from read_csv(
            getvariable('new_paths')['usual'],
            columns = {
                'row_number': 'VARCHAR',
                'timestamp': 'VARCHAR',
                'site': 'VARCHAR',
                'asset': 'VARCHAR',
                'component': 'VARCHAR',
                'signal_name': 'VARCHAR',
                'value': 'DOUBLE',
                'event_date': 'VARCHAR'
            },
            header = true,
            delim = ',',
            nullstr = chr(127),
            store_rejects = true,
            rejects_table = 'typed_errors',
            rejects_scan = 'typed_scans',
            {{ as_listed() }},
            {{ line_limit() }}
        )
    )
{%- endmacro %}


{% macro keep_odd_lines() -%}
    {#- Post-hook of stg_plain_rows: replaces rows that are not plain by their
        lines in the file, and adds the lines that the reader refused (from
        temporary tables of the connection). -#}
    {{- return(adapter.dispatch('keep_odd_lines')()) -}}
{%- endmacro %}


{% macro default__keep_odd_lines() -%}
    {#- The reader reports only the first 10 000 characters of a refused line,
        and the blank lines before it. The tables exist only if it has read a
        file. A file with many such rows is left to stg_line_rows as a
        whole. -#}
    {%- set tables_query -%}
        select 1 from duckdb_tables() where table_name = 'typed_errors'
    {%- endset -%}
    {%- if execute and run_query(tables_query).rows -%}
    delete from {{ this }}
    where file_version in (
        select file_version
        from {{ this }}
        where recorded_at is null and line_number is null
        group by file_version
        having count(*) > 100
    );
    insert into {{ this }} (line, line_number, file_version)
    with

    odd_rows as (

        select
            files.file_path,
            files.file_version,
            files.last_possible_ms,
            unnest(
                find_lines(
                    files.file_path, null, null, list(distinct rows.line)
                ),
                recursive := true
            )
        from {{ this }} as rows
        inner join {{ ref('stg_landing_files') }} as files
            on rows.file_version = files.file_version
        where rows.recorded_at is null and rows.line_number is null
        group by
            files.file_path, files.file_version, files.last_possible_ms

    ),

    refused_lines as (

        select
            files.file_path,
            files.file_version,
            ltrim(any_value(errors.csv_line), chr(10)) as line,
            errors.line as line_number
        from typed_errors as errors
        inner join typed_scans as scans
            on
                errors.scan_id = scans.scan_id
                and errors.file_id = scans.file_id
        inner join {{ ref('stg_landing_files') }} as files
            on {{ file_path_of('scans.file_path') }} = files.file_path
        where
            ltrim(errors.csv_line, chr(10)) <> files.first_line
            and files.file_version in (select file_version from {{ this }})
        group by files.file_path, files.file_version, errors.line

    ),

    long_lines as (

        select
            file_version,
            unnest(
                find_lines(file_path, null, list(line_number::bigint), null),
                recursive := true
            )
        from refused_lines
        where length(line) > 9000
        group by file_path, file_version

    ),

    odd_lines as (

        select
            coalesce(long_lines.line, refused_lines.line) as line,
            refused_lines.line_number,
            refused_lines.file_version
        from refused_lines
        left join long_lines
            on
                refused_lines.file_version = long_lines.file_version
                and refused_lines.line_number = long_lines.line_number
        union
        select
            line,
            line_number,
            file_version
        from odd_rows
        -- The same columns may also occur with a plain value.
        where not {{ is_plain_row(
            "split_part(line, ',', 2)",
            "split_part(line, ',', 3)",
            "split_part(line, ',', 4)",
            "split_part(line, ',', 5)",
            "split_part(line, ',', 6)",
            "try_cast(split_part(line, ',', 7) as double)",
            'last_possible_ms'
        ) }}

    )

    select
        any_value(line),
        line_number,
        file_version
    from odd_lines
    group by line_number, file_version;
    delete from {{ this }}
    where recorded_at is null and line_number is null
    {%- endif -%}
{%- endmacro %}


{% macro read_lines() -%}
    {#- A subquery: all lines of the new files (file_path, line, is_valid,
        line_number). line_number is known only for lines that are not valid
        UTF-8. -#}
    {{- return(adapter.dispatch('read_lines')()) -}}
{%- endmacro %}


{% macro default__read_lines() -%}
    {#- Reads whole lines, so no quote, header or type can stop the reader. SQL
        splits them at the commas, and gives each bad row a reason. The reader
        would drop the rest of a line after the delimiter. So the delimiter is
        the last code point of Unicode: it is not a character, and files that
        contain it are not read. The reader skips lines that are not valid
        UTF-8; the plugin returns those.

        Files with mixed line ends are read with \n as the line end: any of the
        line ends then ends a line. -#}
    (
        {% for group in ['usual', 'mixed', 'long', 'long_mixed'] -%}
            select
                {{ file_path_of('filename') }} as file_path,
                line,
                true as is_valid,
                null::bigint as line_number
            from read_csv(
                getvariable('new_paths')['{{ group }}'],
                columns = {'line': 'VARCHAR'},
                header = false,
                delim = chr(1114111),
                strict_mode = false,
                ignore_errors = true,
                {{ "new_line = '\\n'," if 'mixed' in group }}
                {{ as_listed() }},
                {{ line_limit('long' in group) }}
            )
            where line is not null
            union all
        {% endfor -%}
        select
            file_path,
            line,
            false as is_valid,
            line_number
        from (
            select
                file_path,
                unnest(find_lines(file_path, null, null, null), recursive := true)
            from {{ ref('stg_landing_files') }}
            where
                not is_utf8
                and list_contains(getvariable('new_files'), file_version)
        )
    )
{%- endmacro %}


{% macro as_listed() -%}
    {#- The plugin's filesystem decompresses files. Folder names are not
        columns. -#}
    auto_detect = false,
    quote = '',
    escape = '',
    compression = 'none',
    filename = true,
    hive_partitioning = false
{%- endmacro %}


{% macro line_limit(has_long_lines=false) -%}
    {#- With two threads, the reader loses a line at the end of a buffer, unless
        the buffer fits many lines of maximum length and is a multiple of 8 MB,
        the share of one thread. So files with longer lines are read by one
        thread. -#}
    {%- if has_long_lines -%}
        max_line_size = 200000000, buffer_size = 200000001, parallel = false
    {%- else -%}
        max_line_size = 2000000, buffer_size = 32000000
    {%- endif -%}
{%- endmacro %}


{% macro file_path_of(address) -%}
    substr({{ address }}, {{ 'landing://' | length + 1 }})
{%- endmacro %}


{% macro end_reading(is_line='true') -%}
    {#- Post-hook of a model that reads landing files: deletes all rows of a
        file that changed during the build, or was not read completely.
        is_line: SQL on the model that selects the rows to count as lines. -#}
    {{- return(adapter.dispatch('end_reading')(is_line)) -}}
{%- endmacro %}


{% macro default__end_reading(is_line) -%}
    delete from {{ this }}
    where file_version in (
        select file_version
        from {{ ref('stg_landing_files') }}
        left join (
            select
                file_version,
                count(*) as found_line_count
            from {{ this }}
            where
                list_contains(getvariable('new_files'), file_version)
                and {{ is_line }}
            group by file_version
        ) as rows using (file_version)
        where
            list_contains(getvariable('new_files'), file_version)
            and not {{ holds_all_lines('coalesce(found_line_count, 0)') }}
    )
{%- endmacro %}


{% macro holds_all_lines(found_line_count) -%}
    {#- SQL on stg_landing_files: whether this number of lines is all lines of
        the file, and the file has not changed since it was listed. The reader's
        count is checked against the plugin's. If they differ, for example by
        blank lines or other line ends, the plugin counts the rows one by
        one. -#}
    {{- return(adapter.dispatch('holds_all_lines')(found_line_count)) -}}
{%- endmacro %}


{% macro default__holds_all_lines(found_line_count) -%}
    {#- `case` and not `or`: so no other file's lines are counted. -#}
    case
        when not is_unchanged(file_path)
            then false
        when
            {{ found_line_count }}
            = line_count - {{ list_length(header_lines()) }}
            then true
        else
            coalesce(
                {{ found_line_count }} = count_rows(file_path, {{ header_lines() }}),
                false
            )
    end
{%- endmacro %}


{% macro header_lines() -%}
    {#- SQL on stg_landing_files: the lines of the file that are not rows; none
        of them if the file has a problem. -#}
    case
        when file_problem is not null then []
        else list_distinct([first_line, header_line])
    end
{%- endmacro %}


{% macro reading_problem() -%}
    {{- return(adapter.dispatch('reading_problem')()) -}}
{%- endmacro %}


{% macro default__reading_problem() -%}
    case
        when is_unchanged(file_path)
            then 'cannot be read: the reader gave other rows than it has lines'
        else {{ moved_problem() }}
    end
{%- endmacro %}


{% macro moved_problem() -%}
    'cannot be read: it was changed, removed or out of reach while the '
    || 'build read it'
{%- endmacro %}


{% macro is_of_kept_file() -%}
    {#- SQL condition on rows with a file_version: whether the build kept the
        file. -#}
    file_version not in (
        select read_files.file_version
        from {{ ref('stg_read_files') }} as read_files
        where read_files.is_left_out
    )
{%- endmacro %}


{% macro sql_error(message) -%}
    {{- return(adapter.dispatch('sql_error')(message)) -}}
{%- endmacro %}


{% macro default__sql_error(message) -%}
    error({{ message }})
{%- endmacro %}


{% macro number_lines(lines) -%}
    {#- A subquery: the numbers of rejected lines (file_version, raw_line,
        line_number). One row for each line of the file with that text; none for
        a file that has changed since.
        lines: name of a table with file_version, file_path and raw_line. -#}
    {{- return(adapter.dispatch('number_lines')(lines)) -}}
{%- endmacro %}


{% macro default__number_lines(lines) -%}
    (
        select
            file_version,
            line as raw_line,
            line_number
        from (
            select
                file_version,
                unnest(
                    find_lines(
                        file_path, list(distinct raw_line), null, null
                    ),
                    recursive := true
                )
            from {{ lines }}
            group by file_version, file_path
        )
    )
{%- endmacro %}


{% macro shown_line(line) -%}
    {#- A rejected line as text that every reader can open. -#}
    {{- return(adapter.dispatch('shown_line')(line)) -}}
{%- endmacro %}


{% macro default__shown_line(line) -%}
    {{ line }}
{%- endmacro %}
