-- One sentence if the filters leave nothing to show; otherwise no row.
select
    'The first day, ' || $dates[1] || ', is after the last, ' || $dates[-1]
    || ': choose the days again.'
where try_cast($dates[1] as date) > try_cast($dates[-1] as date)
union all
select
    'No data between ' || $dates[1] || ' and ' || $dates[-1]
    || ': the data covers ' || min(day) || ' to ' || max(day) || '.'
from marts.fleet_daily
having
    try_cast($dates[1] as date) <= try_cast($dates[-1] as date)
    and (
        try_cast($dates[1] as date) > max(day)
        or try_cast($dates[-1] as date) < min(day)
    )
union all
select 'No handle matches all of these filters: clear one of them.'
where
    not exists (
        select 1
        from chosen_components($site, $asset, $component, $cause)
    );
