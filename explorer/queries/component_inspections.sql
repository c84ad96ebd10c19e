select
    inspected_on::varchar as "Day",
    replace(result, '_', ' ') as "Result",
    replace(found_cause, '_', ' ') as "Cause found",
    note as "Note",
    listed_rank as "Rank the day before",
    shown_cause(listed_cause, listed_confidence) as "Cause the day before",
    case
        when is_list_right then 'yes'
        when not is_list_right then 'no'
    end as "List was right"
from marts.inspections
semi join one_component($component)
    using (site_id, asset_id, component_id)
order by
    inspections.inspected_on desc,
    inspections.result = 'no_fault',
    inspections.result desc,
    "Note" asc;
