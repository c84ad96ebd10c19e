select
    replace(likely_cause, '_', ' ') as label,
    likely_cause as key
from marts.component_watchlist
group by likely_cause
order by likely_cause = 'none', likely_cause;
