{% macro print_load_summary(results) -%}
    {#- The last words of a run: what was loaded, what was found and what to
        open next, or why readers do not get to see it. -#}
    {%- if execute and flags.WHICH in ('build', 'run', 'test', 'retry') -%}
        {%- set reason = why_not_published(results) -%}
        {%- if not reason -%}
            {%- do publish() -%}
        {%- endif -%}
        {%- set relations = {} -%}
        {%- for node in graph.nodes.values() if node.name in (
            'load_audit', 'overheated_windows', 'int_signals', 'int_alerts'
        ) -%}
            {%- do relations.update({node.name: node.relation_name}) -%}
        {%- endfor -%}
        {%- if not reason -%}
            {%- set summary_query -%}
                select
                    audit.*,
                    overheated.*,
                    {{ overheat_threshold_words(relations['int_signals']) }}
                        as threshold_words
                from (
                    select
                        count(*) as file_count,
                        count(*) filter (where file_problem is null)
                            as loaded_count,
                        sum(row_count)::bigint as row_count,
                        sum(staged_row_count)::bigint as staged_count,
                        sum(rejected_row_count)::bigint as rejected_count,
                        sum(repeated_row_count)::bigint as repeated_count
                    from {{ relations['load_audit'] }}
                ) as audit
                cross join (
                    select
                        count(distinct (site_id, asset_id, component_id))
                            filter (where not is_sensor_suspect)
                            as component_count,
                        count(distinct (site_id, asset_id, component_id))
                        - component_count as suspect_count,
                        max(max_power_kw) filter (where not is_sensor_suspect)
                            as max_power_kw
                    from {{ relations['overheated_windows'] }}
                    where window_method = 'sliding'
                ) as overheated
            {%- endset -%}
            {%- set summary = run_query(summary_query).rows[0] -%}
            {%- set counts = [] -%}
            {%- for name in [
                'loaded', 'file', 'row', 'staged', 'rejected', 'repeated'
            ] -%}
                {%- do counts.append(
                    '{:,}'.format(summary[name ~ '_count'] | int)
                ) -%}
            {%- endfor -%}
            {%- do print(
                'Loaded ' ~ counts[0] ~ ' of ' ~ counts[1] ~ ' files, '
                ~ counts[2] ~ " rows, from '" ~ landing_dir() ~ "': "
                ~ counts[3] ~ ' staged, ' ~ counts[4] ~ ' rejected, '
                ~ counts[5] ~ ' repeated.'
            ) -%}
            {%- do print(
                'Components above ' ~ summary.threshold_words ~ ' in any '
                ~ var('window_seconds') ~ ' s period: '
                ~ summary.component_count ~ ', and ' ~ summary.suspect_count
                ~ ' more by a suspect sensor only; maximum power then, suspect '
                ~ 'sensors left out: '
                ~ (summary.max_power_kw ~ ' kW'
                    if summary.max_power_kw is not none else 'none') ~ '.'
            ) -%}
            {%- set unknown_query -%}
                select 'signal ' || signal_name as name
                from {{ relations['int_signals'] }}
                where not is_in_catalog
                union
                select 'alert ' || alert_name as name
                from {{ relations['int_alerts'] }}
                where not is_in_catalog
                order by name desc
            {%- endset -%}
            {%- set names = run_query(unknown_query).columns['name'].values()
                | join(', ') -%}
            {%- set unknown -%}
                {#- Names are foreign text: no control characters. -#}
                {%- for letter in names -%}
                    {{- letter if letter.isprintable() else '?' -}}
                {%- endfor -%}
            {%- endset -%}
            {%- if unknown -%}
                {%- do print(
                    'Not in the catalogs, judged by the name only: '
                    ~ unknown | truncate(300) ~ '.'
                ) -%}
            {%- endif -%}
            {%- do print(words_on_reading()) -%}
        {%- else -%}
            {%- do print(
                "Not published, '" ~ published_path() ~ "' is left as it was: "
                ~ reason ~ '.'
            ) -%}
            {%- do print_broken_rows(results) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{% macro print_broken_rows(results) -%}
    {#- Of each of the first three data tests that failed, one row that it
        found; dbt only counts them. -#}
    {%- set failed = [] -%}
    {%- for result in results if (
        result.status == 'fail' and result.node.resource_type == 'test'
    ) -%}
        {%- do failed.append(result.node) -%}
    {%- endfor -%}
    {%- for test in failed[:3] -%}
        {%- set rows = run_query(
            'select * from (\n' ~ test.compiled_code ~ '\n) as broken limit 1'
        ).rows -%}
        {%- if rows -%}
            {%- do print(
                test.name | truncate(80) ~ ' found: ' ~ dict(rows[0].dict()) | string
            ) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
