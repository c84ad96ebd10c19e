-- Sessions and incidents of the handle, and an option for all days.
select
    'All chosen days' as label,
    '' as key,
    null::timestamp as started_at
union all
from moments($component)
where is_chosen_day($dates, started_at)
order by started_at nulls first;
