{#- Models that go on from the build before.

    Every row of such a model carries the version of the file or of the UTC day
    that it was made from (stg_landing_files.file_version, stg_days.day_version).
    The pre-hook deletes the rows of all other versions; the body inserts the
    versions that are missing. There is no other record of what was built, so a
    build that was killed, or ran in part, is completed by the next one. -#}

{% macro delete_old_rows(versions, column, also='false') -%}
    {#- Pre-hook of an incremental model.
        versions: name of the model that lists the current versions.
        column: its column, and that of this model, that holds the version.
        also: SQL on this model; where it is true of a row, all rows of its
        version are deleted, to be built again. -#}
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
    {#- Whether the model's table stands, and its rows have versions: the work
        file of an earlier release may hold tables without them. A unit test
        has no table. -#}
    {{- return(
        execute and this.identifier and is_incremental()
        and column in (
            adapter.get_columns_in_relation(this) | map(attribute='name')
        )
    ) -}}
{%- endmacro %}


{% macro is_new_version(column) -%}
    {#- SQL, a condition: whether the model does not hold the version yet.
        column: where the version stands, as in rows.file_version. -#}
    {%- set name = column.split('.')[-1] -%}
    {%- if holds_versions(name) -%}
        {{ column }} not in (select distinct built.{{ name }} from {{ this }} as built)
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}


{% macro days_to_build(versions='stg_days') -%}
    {#- The days that the model lacks, as a list of texts such as 2022-03-12;
        none where it is built from nothing, as also in a unit test.
        versions: name of the model that lists the current versions of days. -#}
    {%- set current = ref(versions) -%}
    {%- if not holds_versions('day_version') -%}
        {{- return(none) -}}
    {%- endif -%}
    {%- set query -%}
        select day::{{ dbt.type_string() }} as day
        from {{ current }}
        where day_version not in (
            select distinct day_version from {{ this }}
            where day_version is not null
        )
        order by day
    {%- endset -%}
    {{- return(run_query(query).columns[0].values() | list) -}}
{%- endmacro %}


{% macro is_day_to_build(days, column, days_before=0) -%}
    {#- SQL, true of rows whose time is on one of the days, or so many days
        before one. The bounds are constants, by which the engine skips what
        lies outside.
        days: a list of days_to_build. column: a timestamp or date. -#}
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
    {#- day: a text such as 2022-03-12. Returns the day so many days later. -#}
    {{- return((
        modules.datetime.date.fromisoformat(day)
        + modules.datetime.timedelta(days=days)
    ).isoformat()) -}}
{%- endmacro %}


{% macro project_version() -%}
    {#- One hash over the SQL of all models, macros and tests: where any of it
        changes, every file and day has another version. -#}
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


{% macro is_day_to_test() -%}
    {#- What was published had passed the tests, and a day whose version is the
        same has the same rows: a build tests only what is new. The command dbt
        test looks at everything. -#}
    {{- return(adapter.dispatch('is_day_to_test')()) -}}
{%- endmacro %}


{% macro default__is_day_to_test() -%}
    {%- if flags.WHICH == 'test' -%}
        true
    {%- else -%}
        (day_version in (select day_version from {{ published_days() }})) is not true
    {%- endif -%}
{%- endmacro %}


{% macro published_days() -%}
    {{- return(api.Relation.create(
        target.database or none, target.schema, 'published_days'
    )) -}}
{%- endmacro %}


{% macro keep_published_days() -%}
    {#- Runs once all tests have passed. -#}
    {%- set versions = [] -%}
    {%- for node in graph.nodes.values() if node.name in (
        'stg_days', 'int_judged_days'
    ) -%}
        {%- do versions.append('select day_version from ' ~ node.relation_name) -%}
    {%- endfor -%}
    create or replace table {{ published_days() }} as
    {{ versions | join(' union all ') }}
{%- endmacro %}
