{#- Models that go on from the build before. Such a model is a function of its
    input, file by file or UTC day by UTC day, so only the files or days whose
    input has changed are computed again: the model's pre-hook finds these,
    deletes their rows, and the body reads no others.

    What a file or day was made of is a version, kept in `built_files` and
    `built_days`, one row per model and file or day, in the same transaction as
    the rows. It covers the model's own compiled SQL, and so its variables, and
    the versions of its inputs, down to the files that hold the day. -#}

{% macro create_built_parts() -%}
    create schema if not exists {{ built_days().include(identifier=false) }};
    create table if not exists {{ built_files() }} (
        model_name varchar not null,
        file_version ubigint not null,
        code_version ubigint not null,
        has_rows boolean not null
    );
    create table if not exists {{ built_days() }} (
        model_name varchar not null,
        day date not null,
        day_version ubigint not null
    );
    create table if not exists {{ published_days() }} as
    select
        model_name,
        day,
        day_version,
        null::varchar as tests_version
    from {{ built_days() }}
    where false
{%- endmacro %}


{% macro built_files() -%}
    {{- return(api.Relation.create(
        database=target.database or none, schema='staging', identifier='built_files'
    )) -}}
{%- endmacro %}


{% macro build_by_file(readable_files, condition='true', inputs=[]) -%}
    {#- readable_files: SQL on stg_landing_files, the files that the model's
        source reads. condition: which of them concern the model. inputs: models
        built by file whose rows it reads; their code counts as its own. -#}
    {{- return(adapter.dispatch('build_by_file')(
        readable_files, condition, inputs
    )) -}}
{%- endmacro %}


{% macro default__build_by_file(readable_files, condition, inputs) -%}
    {%- set model_name = dbt.string_literal(this.identifier) -%}
    set variable code_version = hash(
        {{ dbt.string_literal(local_md5(
            model.get('compiled_code', '') ~ code_of_reading()
        )) }},
        -- The code of the plugin and the version of the engine, too.
        (select any_value(judged_by) from {{ landing_files() }}),
        (
            select list(distinct code_version order by code_version)
            from {{ built_files() }}
            where model_name in ({{ model_names(inputs) }})
        )
    );

    create or replace temporary table known_files as
    select
        file_version,
        file_path,
        {{ condition }} as is_of_model
    from {{ ref('stg_landing_files') }}
    where {{ readable_files }};

    delete from {{ built_files() }}
    where
        model_name = {{ model_name }}
        and (
            {{ not is_incremental() }}
            or code_version <> getvariable('code_version')::ubigint
            or file_version not in (
                select file_version from known_files where is_of_model
            )
        );

    {% if is_incremental() -%}
        delete from {{ this }}
        where file_version not in (
            select file_version from {{ built_files() }}
            where model_name = {{ model_name }}
        );
    {%- endif %}

    create or replace temporary table new_files as
    select
        file_version,
        file_path
    from known_files
    where
        is_of_model
        and file_version not in (
            select file_version from {{ built_files() }}
            where model_name = {{ model_name }}
        );

    insert into {{ built_files() }}
    select {{ model_name }}, file_version, getvariable('code_version'), true
    from new_files;

    {#- Null where these are all files that the source reads: to look each of
        thousands up among all takes long. No file has the name ''. -#}
    set variable files_to_build = (
        select
            case
                when count(*) < (select count(*) from known_files)
                    or count(*) = 0
                    then coalesce(list(file_version), []::ubigint[])
            end
        from new_files
    );
    set variable files_to_read = (
        select
            case
                when getvariable('files_to_build') is not null
                    then coalesce(list(file_path), [''])
            end
        from new_files
    );
    drop table known_files;
    drop table new_files
{%- endmacro %}


{% macro code_of_reading() -%}
    {#- What decides about a file's rows beside the SQL of the model. -#}
    {{- return(code_of_macros(model.depends_on.macros + [
        'macro.supercharger.register_landing_files',
        'macro.supercharger.give_up_unusual_files',
        'macro.supercharger.keep_unreadable_lines',
    ])) -}}
{%- endmacro %}


{% macro code_of_macros(names) -%}
    {#- With those that they use in turn. -#}
    {%- set found = [] -%}
    {%- if execute -%}
        {%- do add_macros(names, found) -%}
    {%- endif -%}
    {%- for name in found | sort -%}
        {{- context[name.split('.')[-1]].macro.macro_sql -}}
    {%- endfor -%}
{%- endmacro %}


{% macro add_macros(names, found) -%}
    {%- set prefix = 'macro.' ~ project_name ~ '.' -%}
    {%- for name in names if name.startswith(prefix) and name not in found -%}
        {%- do found.append(name) -%}
        {%- do add_macros(
            context[name.split('.')[-1]].macro.depends_on.macros, found
        ) -%}
    {%- endfor -%}
{%- endmacro %}


{% macro is_file_to_build() -%}
    {#- True of the rows of the files that the model's pre-hook found new. In a
        unit test, which has no pre-hook, of all. -#}
    {{- return(adapter.dispatch('is_file_to_build')()) -}}
{%- endmacro %}


{% macro default__is_file_to_build() -%}
    (
        getvariable('files_to_build')::ubigint[] is null
        or list_contains(
            getvariable('files_to_build')::ubigint[], file_version
        )
    )
{%- endmacro %}


{% macro is_file_to_read(path) -%}
    {#- The same of a path, of which the engine then opens no others. -#}
    {{- return(adapter.dispatch('is_file_to_read')(path)) -}}
{%- endmacro %}


{% macro default__is_file_to_read(path) -%}
    (
        getvariable('files_to_read') is null
        or {{ path }} in getvariable('files_to_read')
    )
{%- endmacro %}


{% macro code_version() -%}
    {#- A hash of the model's SQL and of that of its inputs. -#}
    {{- return(adapter.dispatch('code_version')()) -}}
{%- endmacro %}


{% macro default__code_version() -%}
    getvariable('code_version')::ubigint
{%- endmacro %}


{% macro is_file_of() -%}
    {#- varargs: models built by file. Whether one of them has rows of a file of
        stg_landing_files. -#}
    {{- return(adapter.dispatch('is_file_of')(varargs)) -}}
{%- endmacro %}


{% macro default__is_file_of(models) -%}
    file_version in (
        select file_version from {{ built_files() }}
        where has_rows and model_name in ({{ model_names(models) }})
    )
{%- endmacro %}


{% macro model_names(models) -%}
    {%- set names = ['null'] -%}
    {%- for name in models -%}
        {%- do names.append(dbt.string_literal(ref(name).identifier)) -%}
    {%- endfor -%}
    {{- return(names | join(', ')) -}}
{%- endmacro %}


{% macro built_days() -%}
    {{- return(api.Relation.create(
        database=target.database or none, schema='staging', identifier='built_days'
    )) -}}
{%- endmacro %}


{% macro build_by_day(
    day_of, inputs, tables=[], daily_tables={}, days_before=0
) -%}
    {#- day_of: the column whose UTC day a row belongs to. inputs: stg_days, or
        models that are built by day themselves. tables: small ones, of which
        any change concerns all days. daily_tables: small ones too, whose rows
        concern the day of the column named. days_before: how many days before
        a day the model also reads. -#}
    {{- return(adapter.dispatch('build_by_day')(
        day_of, inputs, tables, daily_tables, days_before
    )) -}}
{%- endmacro %}


{% macro default__build_by_day(
    day_of, inputs, tables, daily_tables, days_before
) -%}
    {%- set model_name = dbt.string_literal(this.identifier) -%}
    {%- set is_rebuilt = not is_incremental() -%}
    create or replace temporary table day_versions as
    with

    input_days as (

        {% for input in inputs -%}
            select
                {{ dbt.string_literal(input) }} as input_name,
                day,
                day_version,
                true as is_own
            from
            {%- if input == 'stg_days' %} {{ ref(input) }}
            {%- else %} {{ built_days() }}
            where
                model_name = {{ dbt.string_literal(ref(input).identifier) }}
            {%- endif %}
            union all
        {% endfor -%}
        {% for table, column in daily_tables.items() -%}
            select
                {{ dbt.string_literal(table) }} as input_name,
                {{ column }}::date as day,
                hash(list(rows.row_hash order by rows.row_hash)) as day_version,
                false as is_own
            from (
                select {{ column }}, hash(contents) as row_hash
                from {{ ref(table) }} as contents
            ) as rows
            group by all
            union all
        {% endfor -%}
        select null, null, null, null where false

    ),

    read_days as (

        {% for offset in range(days_before + 1) -%}
            select
                input_name,
                day + {{ offset }} as day,
                {{ offset }} as days_before,
                day_version,
                is_own
            from input_days
            {% if not loop.last %}union all{% endif %}
        {% endfor %}

    )

    select
        day,
        hash(
            {{ dbt.string_literal(local_md5(model.get('compiled_code', ''))) }},
            {% for table in tables -%}
                (
                    select list(hash(contents) order by hash(contents))
                    from {{ ref(table) }} as contents
                ),
            {% endfor -%}
            '{{ local_md5(code_above(model)) }}',
            list(day_version order by input_name, days_before)
        ) as day_version
    from read_days
    group by day
    having bool_or(is_own);

    create or replace temporary table changed_days as
    from day_versions
    {% if not is_rebuilt -%}
        except
        select day, day_version from {{ built_days() }}
        where model_name = {{ model_name }}
    {%- endif %};

    {% if not is_rebuilt -%}
        delete from {{ this }}
        where
            {{ day_of }}::date in (select day from changed_days)
            or {{ day_of }}::date not in (select day from day_versions);
    {%- endif %}

    delete from {{ built_days() }}
    where
        model_name = {{ model_name }}
        and (
            {{ is_rebuilt }}
            or day in (select day from changed_days)
            or day not in (select day from day_versions)
        );

    insert into {{ built_days() }}
    select {{ model_name }}, day, day_version
    from changed_days;

    set variable days_to_build = (
        select coalesce(list(day), []::date[]) from changed_days
    );
    drop table day_versions;
    drop table changed_days
{%- endmacro %}


{% macro code_above(node) -%}
    {#- Views and tables have no version of their own: what they are made of
        counts as the code of the model that reads them. -#}
    {%- for name in node.depends_on.nodes | sort if name in graph.nodes -%}
        {%- set parent = graph.nodes[name] -%}
        {{- parent.raw_code ~ code_of_macros(parent.depends_on.macros) -}}
        {%- if parent.config.materialized != 'incremental' -%}
            {{- code_above(parent) -}}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}


{% macro is_day_to_build(column, days_before=0) -%}
    {{- return(adapter.dispatch('is_day_to_build')(column, days_before)) -}}
{%- endmacro %}


{% macro default__is_day_to_build(column, days_before) -%}
    {#- True of the rows of the days that the model's pre-hook found changed,
        and of the days before them that it also reads. In a unit test, which
        has no pre-hook, of all. The engine skips what lies outside of the first
        and the last of these days; days without a gap need no second look. -#}
    {%- set days = "getvariable('days_to_build')::date[]" -%}
    (
        {{ days }} is null
        or (
            {{ column }}
            >= list_min({{ days }}) - {{ days_before }}
            and {{ column }}
            < list_max({{ days }}) + 1
            and (
                len({{ days }}) > list_max({{ days }}) - list_min({{ days }})
                {% for offset in range(days_before + 1) -%}
                    or list_contains(
                        {{ days }},
                        {{ column }}::date + {{ offset }}
                    )
                {% endfor -%}
            )
        )
    )
{%- endmacro %}


{% macro published_days() -%}
    {{- return(api.Relation.create(
        database=target.database or none, schema='staging', identifier='published_days'
    )) -}}
{%- endmacro %}


{% macro keep_published_days() -%}
    {#- Runs once all tests have passed. -#}
    create or replace table {{ published_days() }} as
    select
        model_name,
        day,
        day_version,
        '{{ tests_version() }}' as tests_version
    from {{ built_days() }}
{%- endmacro %}


{% macro tests_version() -%}
    {%- set tests = [] -%}
    {%- set macros = [] -%}
    {#- While dbt parses, it has no graph. -#}
    {%- for node in (graph.nodes or {}).values() if (
        node.resource_type == 'test'
    ) -%}
        {%- do tests.append(node.unique_id ~ node.raw_code ~ node.test_metadata) -%}
        {%- do add_macros(node.depends_on.macros, macros) -%}
    {%- endfor -%}
    {{- return(local_md5(tests | sort | join ~ code_of_macros(macros))) -}}
{%- endmacro %}


{% macro is_day_to_test(table, column) -%}
    {#- What was published had passed the tests, and a day whose version is the
        same has the same rows: a build tests only what is new. The command dbt
        test looks at everything, and so does a build whose tests have
        changed. -#}
    {{- return(adapter.dispatch('is_day_to_test')(table, column)) -}}
{%- endmacro %}


{% macro default__is_day_to_test(table, column) -%}
    {%- if flags.WHICH == 'test' -%}
        true
    {%- else -%}
        {{ column }}::date in (
            select day from (
                select
                    day,
                    day_version
                from {{ built_days() }}
                where model_name = {{ dbt.string_literal(table.identifier) }}
                except
                select
                    day,
                    day_version
                from {{ published_days() }}
                where
                    model_name = {{ dbt.string_literal(table.identifier) }}
                    and tests_version = '{{ tests_version() }}'
            )
        )
    {%- endif -%}
{%- endmacro %}
