{#- Write, audit, publish: a build writes its own file. Readers get that file
    once everything is built and every test has passed. -#}

{% macro build_state() -%}
    {{- return(
        api.Relation.create(
            target.database or none, target.schema, 'build_state'
        )
    ) -}}
{%- endmacro %}


{% macro set_build_state(is_whole) -%}
    {#- Until one run has built all models, the file may have tables of several
        runs: a run can be killed, or build only some models. -#}
    {%- if execute and flags.WHICH != 'test' -%}
        {%- do adapter.dispatch('write_build_state')(is_whole) -%}
    {%- endif -%}
{%- endmacro %}


{% macro default__write_build_state(is_whole) -%}
    {%- set statements -%}
        create or replace table {{ build_state() }} as
        select {{ is_whole }} as is_whole;
        {{ start_versions() if not is_whole }}
    {%- endset -%}
    {%- do run_query(statements) -%}
{%- endmacro %}


{% macro nodes_left_out(results, resource_type) -%}
    {#- Nodes of the project that did not pass in this run; of the tests, only
        those with severity error. -#}
    {%- set passed = [] -%}
    {%- for result in results if result.status in ('success', 'pass', 'warn') -%}
        {%- do passed.append(result.node.unique_id) -%}
    {%- endfor -%}
    {%- set left_out = [] -%}
    {%- for node in graph.nodes.values() if (
        node.resource_type == resource_type
        and node.unique_id not in passed
        and (resource_type != 'test' or node.config.severity | lower == 'error')
    ) -%}
        {%- do left_out.append(node.name) -%}
    {%- endfor -%}
    {{- return(left_out) -}}
{%- endmacro %}


{% macro why_not_published(results) -%}
    {#- The reason, or nothing if the file may be published. -#}
    {%- set models = nodes_left_out(results, 'model') -%}
    {%- set is_sample = flags.EMPTY or flags.SAMPLE -%}
    {%- if not models and not is_sample -%}
        {%- do set_build_state(true) -%}
    {%- endif -%}
    {%- set failed = [] -%}
    {%- set skipped = [] -%}
    {%- for result in results -%}
        {%- if result.status in ('error', 'fail', 'runtime error') -%}
            {%- do failed.append(result.node.name) -%}
        {%- elif result.status not in ('success', 'pass', 'warn') -%}
            {%- do skipped.append(result.node.name) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if failed -%}
        {{- return(
            'failed: ' ~ failed[:3] | map('truncate', 80) | join(', ')
            ~ (' and ' ~ (failed | length - 3) ~ ' more'
                if failed | length > 3 else '')
            ~ ('; skipped: ' ~ skipped | length if skipped else '')
            ~ resource_hint(results)
        ) -}}
    {%- endif -%}
    {%- if is_sample -%}
        {{- return('the run had --empty or --sample') -}}
    {%- endif -%}
    {%- if models and flags.WHICH != 'test' -%}
        {{- return(
            'the run left out ' ~ models | length ~ ' models; only a complete '
            ~ 'dbt build publishes'
        ) -}}
    {%- endif -%}
    {%- set tests = nodes_left_out(results, 'test') -%}
    {%- if tests -%}
        {{- return(
            'the run left out ' ~ tests | length ~ ' data tests; only a '
            ~ 'complete dbt test publishes'
        ) -}}
    {%- endif -%}
    {%- if not run_query('select is_whole from ' ~ build_state()).rows[0][0] -%}
        {{- return(
            'the last dbt run was partial, or failed; only a complete dbt '
            ~ 'build publishes'
        ) -}}
    {%- endif -%}
{%- endmacro %}


{% macro resource_hint(results) -%}
    {#- What to do if memory or disk space runs out. The engine's own advice is
        to change settings that are locked. -#}
    {%- set messages = results | map(attribute='message') | join(' ') -%}
    {%- if 'Out of Memory' in messages -%}
        {{- return('; memory is too little: raise DUCKDB_MEMORY_LIMIT') -}}
    {%- elif 'No space left' in messages -%}
        {{- return(
            "; the disk is full: free some space, for example by removing the "
            ~ "build's own '"
            ~ shown_text(warehouse_path()) ~ ".work' and '"
            ~ shown_text(warehouse_path()) ~ ".work.wal', which the next "
            ~ 'build creates again'
        ) -}}
    {%- endif -%}
{%- endmacro %}


{% macro publish() -%}
    {{- return(adapter.dispatch('publish')()) -}}
{%- endmacro %}


{% macro default__publish() -%}
    {#- Copies the public models into a new file. The plugin then replaces the
        readers' file with it. The plugin runs all statements in one call: dbt
        takes longer to pass a statement than the engine takes to run it. -#}
    {%- set new_file = warehouse_path() ~ '.new' -%}
    {#- The storage version is that of profiles.yml, which older shells can
        open. -#}
    {%- set statements -%}
        attach {{ text_literal(new_file) }} as published
        (storage_version 'v1.4.0');
        {% for node in graph.nodes.values() if (
            node.resource_type == 'model' and node.access == 'public'
        ) -%}
            {%- set built = api.Relation.create(
                node.database, node.schema, node.alias
            ) -%}
            {%- set copy = api.Relation.create(
                'published', node.schema, node.alias, type='table'
            ) -%}
            create schema if not exists {{ copy.without_identifier() }};
            create table {{ copy }} as from {{ built }};
            comment on table {{ copy }}
            is {{ text_literal(
                node.description.split('**Answers**')[0].split() | join(' ')
            ) }};
            {% for column in node.columns.values() -%}
                comment on column {{ copy }}.{{ adapter.quote(column.name) }}
                is {{ text_literal(column.description) }};
            {% endfor %}
        {%- endfor %}
        checkpoint published;
        detach published
    {%- endset -%}
    {%- do adapter.store_relation(
        'warehouse_file', none, [], warehouse_path(), 'duckdb',
        {'statements': statements}
    ) -%}
    {%- do run_query(keep_versions()) -%}
{%- endmacro %}


{% macro published_path() -%}
    {{- return(adapter.dispatch('published_path')()) -}}
{%- endmacro %}


{% macro default__published_path() -%}
    {{- return(warehouse_path()) -}}
{%- endmacro %}


{% macro next_step_hint() -%}
    {{- return(adapter.dispatch('next_step_hint')()) -}}
{%- endmacro %}


{% macro default__next_step_hint() -%}
    {{- return(
        "Next: make answers, or .venv/bin/duckdb -readonly '"
        ~ shown_text(warehouse_path()) | replace("'", "'\\''")
        ~ "' and there: from marts.component_watchlist"
    ) -}}
{%- endmacro %}


{% macro inputs_version() -%}
    {#- SQL: the hash that scripts/build.py passes, or null. Read at execution
        only: dbt would parse the project again for each value. -#}
    {%- set version = execute and env_var('INPUTS_VERSION', '') -%}
    {{- return(text_literal(version) if version else 'null') -}}
{%- endmacro %}


{% macro warehouse_path() -%}
    {{- return(env_var('WAREHOUSE_PATH', '') or 'supercharger.duckdb') -}}
{%- endmacro %}


{% macro text_literal(text) -%}
    {{- return(adapter.dispatch('text_literal')(text)) -}}
{%- endmacro %}


{% macro default__text_literal(text) -%}
    {{- return(dbt.string_literal(dbt.escape_single_quotes(text))) -}}
{%- endmacro %}


{% macro spark__text_literal(text) -%}
    {#- Spark treats a backslash as an escape character. -#}
    {{- return(dbt.string_literal(
        text | replace('\\', '\\\\') | replace("'", '\\u0027')
    )) -}}
{%- endmacro %}
