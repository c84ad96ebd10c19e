{% macro end_run(results) -%}
    {#- On-run-end: publishes a complete run, and prints warnings, what was
        loaded and found, and what to open next, or why nothing was published. -#}
    {%- if execute and flags.WHICH in ('build', 'run', 'test', 'retry') -%}
        {%- set reason = why_not_published(results) -%}
        {%- if not reason -%}
            {%- do publish() -%}
        {%- endif -%}
        {%- do print_warnings(results) -%}
        {%- if not reason -%}
            {%- set relations = {} -%}
            {%- for node in graph.nodes.values() -%}
                {%- do relations.update({node.name: node.relation_name}) -%}
            {%- endfor -%}
            {%- do print_loaded_rows(relations) -%}
            {%- do print_unknown_names(relations) -%}
            {%- do print_answer(relations) -%}
            {%- do print(next_step_hint()) -%}
        {%- else -%}
            {%- do print(
                "Not published, '" ~ shown_text(published_path())
                ~ "' is left as it was: " ~ reason ~ '.'
            ) -%}
            {%- do print_broken_rows(results) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{% macro print_warnings(results) -%}
    {#- The comment at the top of a test is its warning. -#}
    {%- for result in results if result.status == 'warn' -%}
        {%- set comment = modules.re.findall('(?m)^-- (.*)', result.node.raw_code)
            | join(' ') -%}
        {%- set meaning = modules.re.split('[.;](?: |$)', comment)[0] -%}
        {%- do print(
            'Warning: ' ~ result.node.name | truncate(80) ~ ' found '
            ~ result.failures ~ (': ' if meaning)
            ~ meaning | replace('Warns of ', '') ~ '.'
        ) -%}
    {%- endfor -%}
{%- endmacro %}


{% macro print_loaded_rows(relations) -%}
    {%- set counts_query -%}
        select
            count(*) filter (
                where staged_row_count + repeated_row_count > 0
            ) as loaded_count,
            count(*) as file_count,
            sum(row_count)::bigint as row_count,
            sum(staged_row_count)::bigint as staged_count,
            sum(rejected_row_count)::bigint as rejected_count,
            sum(repeated_row_count)::bigint as repeated_count
        from {{ relations['load_audit'] }}
    {%- endset -%}
    {%- set reasons_query -%}
        select
            reject_reason,
            sum(row_count)::bigint as row_count,
            count(*) over () as reason_count
        from {{ relations['rejected_rows_by_reason'] }}
        group by reject_reason
        order by row_count desc, reject_reason asc
        limit 5
    {%- endset -%}
    {%- set idle_files_query -%}
        select
            files.file_name,
            coalesce(
                files.file_problem,
                max_by(
                    reasons.reject_reason,
                    {{ row_of(['reasons.row_count', 'reasons.reject_reason']) }}
                )
            ) as reason
        from {{ relations['load_audit'] }} as files
        left join {{ relations['rejected_rows_by_reason'] }} as reasons
            on files.file_name = reasons.file_name
        where
            files.file_problem not like 'ignored%'
            or (
                files.row_count > 0
                and files.row_count = files.rejected_row_count
            )
        group by files.file_name, files.file_problem
        order by files.file_name
    {%- endset -%}
    {%- set ignored_query -%}
        select file_name from {{ relations['load_audit'] }}
        where file_problem like 'ignored%'
        order by file_name
    {%- endset -%}
    {%- set zoneless_query -%}
        select file_name from {{ relations['load_audit'] }}
        where
            (format like '%without a zone' or format like '%/year')
            and row_count > rejected_row_count
        order by file_name
    {%- endset -%}
    {%- set counts = [] -%}
    {%- for count in run_query(counts_query).rows[0].values() -%}
        {%- do counts.append('{:,}'.format(count | int)) -%}
    {%- endfor -%}
    {%- do print(
        'Loaded ' ~ counts[0] ~ ' of ' ~ counts[1] ~ ' files, '
        ~ counts[2] ~ " rows, from '" ~ shown_text(landing_dir()) ~ "': "
        ~ counts[3] ~ ' staged, ' ~ counts[4] ~ ' rejected, '
        ~ counts[5] ~ ' repeated.'
    ) -%}
    {%- set ignored_files = run_query(ignored_query).columns[0].values() -%}
    {%- if ignored_files -%}
        {%- do print(
            'Ignored by their names: ' ~ shown_names(ignored_files, 2)
            ~ '; reasons: from marts.load_audit.'
        ) -%}
    {%- endif -%}
    {%- set zoneless_files = run_query(zoneless_query).columns[0].values() -%}
    {%- if zoneless_files -%}
        {%- do print(
            'Times without a time zone were read as UTC in '
            ~ shown_names(zoneless_files, 3) ~ '.'
        ) -%}
    {%- endif -%}
    {%- set reasons = [] -%}
    {%- set reason_rows = run_query(reasons_query).rows -%}
    {%- for row in reason_rows -%}
        {%- do reasons.append(
            shown_text(row.reject_reason) ~ ' ('
            ~ '{:,}'.format(row.row_count | int) ~ ')'
        ) -%}
    {%- endfor -%}
    {%- if reasons -%}
        {%- set more_count = reason_rows[0].reason_count - reasons | length -%}
        {%- do print(
            'Rejected: ' ~ reasons | join(', ')
            ~ (' and ' ~ more_count ~ ' more' if more_count else '')
            ~ '; each row: from marts.rejected_rows.'
        ) -%}
    {%- endif -%}
    {%- set idle_files = run_query(idle_files_query).rows -%}
    {%- for file in idle_files[:5] -%}
        {%- do print(
            'No row of ' ~ shown_names([file.file_name], 1) ~ ' is usable: '
            ~ shown_text(file.reason) ~ '.'
        ) -%}
    {%- endfor -%}
    {%- if idle_files | length > 5 -%}
        {%- do print(
            'Nor of ' ~ (idle_files | length - 5)
            ~ ' other files; reasons: from marts.load_audit and'
            ~ ' marts.rejected_rows.'
        ) -%}
    {%- endif -%}
{%- endmacro %}


{% macro print_unknown_names(relations) -%}
    {#- How names that are in no catalog were classified. -#}
    {%- set names_query -%}
        select
            case quantity
                when 'temperature' then '1 signals, temperature'
                when 'power' then '2 signals, power'
                else '3 signals, neither temperature nor power'
            end as verdict,
            signal_name as name
        from {{ relations['int_signals'] }}
        where not is_in_catalog
        union
        select
            case
                when is_temperature_related then '4 alerts, about temperature'
                else '5 alerts, not about temperature'
            end as verdict,
            alert_name as name
        from {{ relations['int_alerts'] }}
        where not is_in_catalog
        order by verdict, name
    {%- endset -%}
    {%- for verdict, rows in run_query(names_query).rows
        | groupby('verdict') -%}
        {%- if loop.first -%}
            {%- do print(
                'Not in seeds/signal_catalog.csv or seeds/alert_catalog.csv, '
                ~ 'judged by the name only:'
            ) -%}
        {%- endif -%}
        {%- do print_names(verdict[2:], rows | map(attribute='name') | list) -%}
    {%- endfor -%}
{%- endmacro %}


{% macro print_answer(relations) -%}
    {%- set summary_query -%}
        select
            *,
            {{ overheat_threshold_words(relations['int_signals']) }}
                as threshold_words
        from (
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
    {%- set other_signals = signals_without_temperature(relations) -%}
    {%- if other_signals -%}
        {%- do print(
            'No signal is known as a temperature, so no component was judged: '
            ~ 'add the temperatures to seeds/signal_catalog.csv.'
        ) -%}
        {%- do print_names('signals seen', other_signals) -%}
    {%- else -%}
        {%- set summary = run_query(summary_query).rows[0] -%}
        {%- do print(
            'Components above ' ~ summary.threshold_words ~ ' in any '
            ~ var('window_seconds') ~ ' s period: '
            ~ summary.component_count ~ ', and ' ~ summary.suspect_count
            ~ ' more by a suspect sensor only; maximum power then, suspect '
            ~ 'sensors left out: '
            ~ (summary.max_power_kw ~ ' kW'
                if summary.max_power_kw is not none else 'none') ~ '.'
        ) -%}
    {%- endif -%}
{%- endmacro %}


{% macro signals_without_temperature(relations) -%}
    {#- All signals, if none of them is a temperature. -#}
    {%- set signals_query -%}
        select signal_name from {{ relations['int_signals'] }}
        where not exists (
            select 1 from {{ relations['int_signals'] }}
            where quantity = 'temperature'
        )
        order by signal_name
    {%- endset -%}
    {{- return(run_query(signals_query).columns[0].values()) -}}
{%- endmacro %}


{% macro print_broken_rows(results) -%}
    {#- Prints one failing row of each of the first three failed data tests; dbt
        only counts the rows. -#}
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
                test.name | truncate(80) ~ ' found: '
                ~ shown_text(dict(rows[0].dict()))
            ) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
