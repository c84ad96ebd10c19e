select
    signal_name as label,
    signal_name as key
from marts.sensor_faults
group by signal_name
order by signal_name;
