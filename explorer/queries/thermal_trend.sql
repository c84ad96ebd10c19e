-- The rise of each pole by day. Estimates whose error may be as large as
-- themselves are left out.
select
    day,
    if(pole = 'negative', 'Negative pole', 'Positive pole') as pole,
    steady_rise_c_at_100_kw as rise_c,
    steady_rise_c_at_100_kw * steady_rise_relative_error as error_c,
    growth_ratio,
    growth_z
from marts.component_thermal_trend
semi join one_component($component)
    using (site_id, asset_id, component_id)
where
    steady_rise_relative_error < 1
    and is_chosen_day($dates, day)
order by pole, component_thermal_trend.day;
