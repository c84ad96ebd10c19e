{#- Incremental models.

    Every row of such a model carries the version of its file or UTC day
    (stg_landing_files.file_version, stg_days.day_version). The pre-hook deletes
    the rows of all other versions. The body inserts the missing versions. A
    version without a row in the model counts as missing, unless the last build
    published it. So the next build completes a build that was killed, or that
    built only some models. -#}

{% macro delete_old_rows(versions, column, also='false') -%}
    {#- Pre-hook of an incremental model.
        versions: name of the model that lists the current versions.
        column: the version column, in that model and in this one.
        also: SQL condition on this model. If a row meets it, all rows of its
        version are deleted and built again. -#}
    {%- set current = ref(versions) -%}
    {%- if execute and is_incremental() -%}
        {{- adapter.dispatch('delete_old_rows')(current, column, also) -}}
    {%- endif -%}
{%- endmacro %}


{% macro default__delete_old_rows(current, column, also) -%}
    delete from {{ this }}
    {%- if holds_versions(column) %}
        where
            ({{ column }} in (select {{ column }} from {{ current }}))
            is not true
            {% if also != 'false' -%}
                or {{ column }} in (select {{ column }} from {{ this }} where {{ also }})
            {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{% macro holds_versions(column) -%}
    {#- Whether the model's table exists and its rows have versions: a work file
        of an earlier release may have tables without versions. A unit test has
        no table. -#}
    {{- return(
        execute and this.identifier and is_incremental()
        and column in (
            adapter.get_columns_in_relation(this) | map(attribute='name')
        )
    ) -}}
{%- endmacro %}


{% macro is_new_version(column) -%}
    {#- SQL condition: whether the model lacks the version.
        column: the version column, as in rows.file_version. -#}
    {%- set name = column.split('.')[-1] -%}
    {%- if holds_versions(name) -%}
        {{ column }} not in ({{ built_versions(name) }})
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}


{% macro built_versions(column) -%}
    {#- SQL query: the versions that the model need not build.
        column: the model's version column. -#}
    {{- return(adapter.dispatch('built_versions')(column)) -}}
{%- endmacro %}


{% macro default__built_versions(column) -%}
    select distinct built.{{ column }}
    from {{ this }} as built
    where built.{{ column }} is not null
    union all
    select published.version
    from {{ published_versions() }} as published
{%- endmacro %}


{% macro days_to_build(versions='stg_days') -%}
    {#- The days missing from the model, as a list of texts such as 2022-03-12;
        none for a full build, and in a unit test.
        versions: name of the model that lists the current versions of days. -#}
    {%- set current = ref(versions) -%}
    {%- if not holds_versions('day_version') -%}
        {{- return(none) -}}
    {%- endif -%}
    {%- set query -%}
        select day::{{ dbt.type_string() }} as day
        from {{ current }}
        where day_version not in ({{ built_versions('day_version') }})
        order by day
    {%- endset -%}
    {{- return(run_query(query).columns[0].values() | list) -}}
{%- endmacro %}


{% macro is_day_to_build(days, column, days_before=0) -%}
    {#- SQL condition: true of rows whose time is on one of the days, or up to
        days_before days before one. The bounds are constants, so the engine can
        skip all data outside them.
        days: a list from days_to_build. column: a timestamp or date. -#}
    {%- if days is none -%}
        true
    {%- elif not days -%}
        false
    {%- else -%}
        {%- set dates = [] -%}
        {%- for day in days -%}
            {%- for offset in range(days_before + 1) -%}
                {%- do dates.append(day_after(day, -offset)) -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- set dates = dates | unique | sort -%}
        (
            {{ column }} >= timestamp '{{ dates | first }}'
            and {{ column }} < timestamp '{{ day_after(dates | last, 1) }}'
            {% if day_after(dates | first, dates | length - 1) != dates | last -%}
                and {{ column }}::date in (
                    {%- for date in dates -%}
                        date '{{ date }}'{{ ', ' if not loop.last }}
                    {%- endfor -%}
                )
            {%- endif -%}
        )
    {%- endif -%}
{%- endmacro %}


{% macro day_after(day, days) -%}
    {#- Returns the day that is so many days after day. day: a text such as
        2022-03-12. -#}
    {{- return((
        modules.datetime.date.fromisoformat(day)
        + modules.datetime.timedelta(days=days)
    ).isoformat()) -}}
{%- endmacro %}


{% macro project_version() -%}
    {#- One hash over the SQL of all models, macros and tests. A change in any
        of them gives every file and day a new version. -#}
    {%- set code = [] -%}
    {%- if execute -%}
        {#- A unit test has no graph. -#}
        {%- for node in (graph.nodes or {}).values() if (
            node.resource_type in ('model', 'test')
        ) -%}
            {%- do code.append(
                node.unique_id ~ node.raw_code ~ node.test_metadata
            ) -%}
        {%- endfor -%}
        {%- for name, macro in context.items() if (
            macro.macro is defined
            and macro.macro.package_name == project_name
        ) -%}
            {%- do code.append(macro.macro.macro_sql) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(local_md5(code | sort | join('\n'))) -}}
{%- endmacro %}


{% macro is_version_to_test(versions, column) -%}
    {#- Published rows have passed the tests, and an unchanged version means
        unchanged rows. So a build tests only new versions. The command dbt test
        tests everything.
        versions: name of the model that lists the current versions.
        column: the version column, in that model and in the tested one. -#}
    {{- return(adapter.dispatch('is_version_to_test')(ref(versions), column)) -}}
{%- endmacro %}


{% macro default__is_version_to_test(current, column) -%}
    {%- if flags.WHICH == 'test' -%}
        true
    {%- else -%}
        {#- A condition on the few new versions lets the engine skip all other
            rows while it reads. -#}
        {{ column }} in (
            select current_versions.{{ column }}
            from {{ current }} as current_versions
            where current_versions.{{ column }} not in (
                select published.version from {{ published_versions() }} as published
            )
        )
    {%- endif -%}
{%- endmacro %}


{% macro published_versions() -%}
    {#- The table of the work file with the versions that the previous build
        published; empty if it did not publish. Since then, no model has lost a
        row of these versions. -#}
    {{- return(api.Relation.create(
        target.database or none, target.schema, 'published_versions'
    )) -}}
{%- endmacro %}


{% macro start_versions() -%}
    {#- SQL: keeps the versions for this build. The next build gets them only if
        this build publishes, because this build may delete rows. -#}
    create table if not exists {{ published_versions() }}
    (version ubigint, is_of_last_build boolean);
    delete from {{ published_versions() }} where not is_of_last_build;
    update {{ published_versions() }} set is_of_last_build = false
{%- endmacro %}


{% macro keep_versions() -%}
    {#- SQL: what start_versions keeps for the next build. Runs after all tests
        have passed. Excludes the versions of files whose rows a model deletes
        and builds again (argument `also` of delete_old_rows). -#}
    {%- set tables = {} -%}
    {%- for node in graph.nodes.values() -%}
        {%- do tables.update({node.name: node.relation_name}) -%}
    {%- endfor -%}
    create or replace table {{ published_versions() }} as
    select
        version,
        true as is_of_last_build
    from (
        select day_version as version from {{ tables.stg_days }}
        union all
        select day_version from {{ tables.int_judged_days }}
        union all
        select day_version from {{ tables.int_watch_days }}
        union all
        select file_version::ubigint from {{ tables.stg_read_files }}
        where
            not is_left_out
            and file_version not in (
                select rejected.file_version
                from {{ tables.rejected_rows }} as rejected
                where rejected.line_number is null
            )
    )
{%- endmacro %}
