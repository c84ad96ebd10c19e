select overheat_threshold_c
from marts.build_info;
