select
    shown_id(site_id) as label,
    site_key(site_id) as key
from marts.component_watchlist
group by site_id
order by try_cast(site_id as double), site_id;
