-- Fails if a staged reading lacks its key, time or value: every join would
-- silently drop such a row.
select
    site_id,
    asset_id,
    component_id,
    signal_name,
    value,
    observed_at
from {{ ref('stg_signals') }}
where
    {{ is_version_to_test('stg_landing_files', 'file_version') }}
    and (
        site_id is null
        or asset_id is null
        or component_id is null
        or signal_name is null
        or observed_at is null
        or value is null
        or not abs(value) < {{ value_limit() }}
    )
