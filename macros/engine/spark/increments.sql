{% macro spark__build_by_file(readable_files, condition, inputs) -%}
    {%- set relations = [] -%}
    {%- for name in inputs -%}
        {%- do relations.append(ref(name)) -%}
    {%- endfor -%}
    {%- set files_query -%}
        select
            file_version::string,
            file_path,
            {{ condition }} as is_of_model
        from {{ ref('stg_landing_files') }}
        where {{ readable_files }}
    {%- endset -%}
    {%- if execute -%}
        {%- set code = [model.compiled_code, code_of_reading()] -%}
        {%- for relation in relations -%}
            {%- for _, version in parts_of(relation) if version not in code -%}
                {%- do code.append(version) -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- set code_version = local_md5(code | sort | join('|')) -%}
        {%- set files = run_query(files_query).rows -%}
        {%- set wanted = {} -%}
        {%- for version, _, is_of_model in files if is_of_model -%}
            {%- do wanted.update({version: code_version}) -%}
        {%- endfor -%}
        {%- set versions = choose_parts('file_version', 'bigint', wanted) -%}
        {%- set paths = [] -%}
        {%- for version, path, _ in files
            if ("'" ~ version ~ "'::bigint") in versions -%}
            {%- do paths.append(text_literal(path)) -%}
        {%- endfor -%}
        {#- Null where these are all files: none need be looked for. -#}
        {%- set is_all = paths | length == files | length -%}
        {%- do run_on_spark([
            set_part_variable('code_version', 'bigint', "xxhash64('" ~ code_version ~ "')"),
            set_part_variable('files', 'array<bigint>', 'null' if is_all
                else 'array(' ~ versions | join(', ') ~ ')'),
            set_part_variable('paths', 'array<string>', 'null' if is_all
                else 'array(' ~ paths | join(', ') ~ ')'),
        ]) -%}
    {%- endif -%}
{%- endmacro %}


{% macro set_part_variable(name, type, value) -%}
    declare or replace variable {{ part_variable(name) }} {{ type }}
    default ({{ value }})::{{ type }}
{%- endmacro %}


{% macro spark__is_file_to_build() -%}
    (
        {{ part_variable('files') }} is null
        or array_contains({{ part_variable('files') }}, file_version)
    )
{%- endmacro %}


{% macro spark__is_file_to_read(path) -%}
    (
        {{ part_variable('paths') }} is null
        or array_contains({{ part_variable('paths') }}, {{ path }})
    )
{%- endmacro %}


{% macro spark__code_version() -%}
    {{ part_variable('code_version') }}
{%- endmacro %}


{% macro spark__is_file_of(models) -%}
    file_version in (
        {%- for name in models %}
            select file_version from {{ ref(name) }}
            {{ 'union all' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}


{% macro spark__build_by_day(
    day_of, inputs, tables, daily_tables, days_before
) -%}
    {#- dbt finds the parents by what is called while it parses. -#}
    {%- set relations = {} -%}
    {%- for name in inputs + tables + daily_tables.keys() | list -%}
        {%- do relations.update({name: ref(name)}) -%}
    {%- endfor -%}
    {%- if execute -%}
        {#- What each day is made of, by day; a day is only the model's own
            where an input has rows of it. -#}
        {%- set made_of = {} -%}
        {%- for input in inputs -%}
            {%- for day, version in days_of(input, relations[input]) -%}
                {%- do add_versions(
                    made_of, input, day, version, days_before
                ) -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- set own_days = made_of.keys() | list -%}
        {%- for table, column in daily_tables.items() -%}
            {%- set daily_query -%}
                select
                    day::string,
                    {{ hash_of_all('row_hash') }}
                from (
                    select
                        contents.{{ column }}::date as day,
                        {{ hash_of_contents('contents') }} as row_hash
                    from {{ relations[table] }} as contents
                )
                group by all
            {%- endset -%}
            {%- for day, version in run_query(daily_query).rows -%}
                {%- do add_versions(made_of, table, day, version, days_before) -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- set code = [model.compiled_code, code_above(model)] -%}
        {%- for table in tables -%}
            {%- set table_query -%}
                select {{ hash_of_all(hash_of_contents('contents')) }}
                from {{ relations[table] }} as contents
            {%- endset -%}
            {%- do code.append(run_query(table_query).rows[0][0]) -%}
        {%- endfor -%}
        {%- set wanted = {} -%}
        {%- for day in own_days -%}
            {%- do wanted.update({
                day: local_md5((code + made_of[day] | sort) | join('|'))
            }) -%}
        {%- endfor -%}
        {%- set days = choose_parts(day_of ~ '::date', 'date', wanted) -%}
        {%- do run_query(set_part_variable(
            'days', 'array<date>', 'array(' ~ days | join(', ') ~ ')'
        )) -%}
    {%- endif -%}
{%- endmacro %}


{% macro days_of(input, relation) -%}
    {%- if input == 'stg_days' -%}
        {{- return(run_query(
            'select day::string, day_version::string from ' ~ relation
        ).rows) -}}
    {%- endif -%}
    {{- return(parts_of(relation)) -}}
{%- endmacro %}


{% macro add_versions(made_of, input, day, version, days_before) -%}
    {#- A day also counts for the days after it whose rows read it. -#}
    {%- for offset in range(days_before + 1) -%}
        {%- set later_day = (
            modules.datetime.date.fromisoformat(day)
            + modules.datetime.timedelta(days=offset)
        ).isoformat() -%}
        {%- do made_of.setdefault(later_day, []).append(
            input ~ ' ' ~ offset ~ ' ' ~ version
        ) -%}
    {%- endfor -%}
{%- endmacro %}


{% macro hash_of_contents(table) -%}
    {#- As text: a hash of columns would leave nulls out. -#}
    xxhash64(to_json(
        struct({{ table }}.*), map('ignoreNullFields', 'false')
    ))
{%- endmacro %}


{% macro spark__is_day_to_build(column, days_before) -%}
    {%- set days = part_variable('days') -%}
    (
        {{ days }} is null
        or (
            {{ column }} >= array_min({{ days }}) - {{ days_before }}
            and {{ column }} < array_max({{ days }}) + 1
            and (
                array_size({{ days }})
                > datediff(array_max({{ days }}), array_min({{ days }}))
                {% for offset in range(days_before + 1) -%}
                    or array_contains({{ days }}, {{ column }}::date + {{ offset }})
                {% endfor -%}
            )
        )
    )
{%- endmacro %}


{% macro spark__is_day_to_test(table, column) -%}
    true
{%- endmacro %}
