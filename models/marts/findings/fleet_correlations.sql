-- One row per pair of figures that may be related: how strong the relation is.
--
-- Rank correlations: a single outlier cannot create one, and the relation need
-- not be linear.
{%- set peak = 'peak_trusted_avg_temp_c' %}
{%- set peaks = ['higher peaks', 'lower peaks'] %}
{#- Name, relation, figure, outcome, unit of observation, wording for more of
    the figure, and wording for more and for less of the outcome. #}
{%- set relations = [
    ['peak_by_utilisation', 'component_days', 'utilisation_ratio', peak,
        'days of handles', 'longer use', peaks],
    ['peak_by_power', 'component_days', 'p90_power_kw', peak,
        'days of handles', 'higher power', peaks],
    ['peak_by_imbalance', 'component_days', 'avg_pole_imbalance_c', peak,
        'days of handles', 'more uneven poles', peaks],
    ['peak_by_start_temperature', 'components', 'baseline_excess_c', peak,
        'handles', 'a warmer start of sessions', peaks],
    ['hot_time_by_power', 'power_bins', 'recent_power_bin_kw', 'hot_ratio',
        'steps of 20 kW', 'higher recent power',
        ['more time at or above 90 °C', 'less time at or above 90 °C']],
    ['overheating_by_alerts', 'components', 'trusted_incident_count',
        'overheated_seconds', 'handles', 'more trusted alert incidents',
        ['more overheated time', 'less overheated time']],
] %}
with

component_days as (

    select
        utilisation_ratio,
        p90_power_kw,
        avg_pole_imbalance_c,
        peak_trusted_avg_temp_c
    from {{ ref('component_daily') }}
    where used_window_count > 0

),

component_sums as (

    select
        site_id,
        asset_id,
        component_id,
        max(peak_trusted_avg_temp_c) as peak_trusted_avg_temp_c,
        {{ exact_sum('overheated_seconds') }} as overheated_seconds,
        sum(trusted_incident_count) as trusted_incident_count
    from {{ ref('component_daily') }}
    group by all

),

components as (

    select
        profiles.baseline_excess_c,
        sums.trusted_incident_count,
        sums.peak_trusted_avg_temp_c,
        sums.overheated_seconds
    from component_sums as sums
    inner join {{ ref('component_thermal_profile') }} as profiles
        using (site_id, asset_id, component_id)

),

power_bins as (

    select
        recent_power_bin_kw,
        hot_ratio
    from {{ ref('hot_ratio_by_power') }}
    where window_count >= 50

),

pairs as (

    {% for name, source, figure, outcome, _, _, _ in relations -%}
        select
            '{{ name }}' as correlation_name,
            {{ figure }}::double as figure,
            {{ outcome }}::double as outcome
        from {{ source }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

known_pairs as (

    select * from pairs
    where figure is not null and outcome is not null

),

-- Ties share their mean rank.
ranked_pairs as (

    select
        correlation_name,
        rank() over (partition by correlation_name order by figure)
        + (count(*) over (partition by correlation_name, figure) - 1) / 2
            as figure_rank,
        rank() over (partition by correlation_name order by outcome)
        + (count(*) over (partition by correlation_name, outcome) - 1) / 2
            as outcome_rank
    from known_pairs

),

correlations as (

    select
        correlation_name,
        round(
            {{ co_moment('figure_rank', 'outcome_rank') }}
            / nullif(
                sqrt(
                    {{ co_moment('figure_rank', 'figure_rank') }}
                    * {{ co_moment('outcome_rank', 'outcome_rank') }}
                ),
                0
            ),
            9
        ) as rank_correlation,
        count(*) as observation_count
    from ranked_pairs
    group by correlation_name

),

-- Significant: at least three standard errors away from zero correlation.
judged_correlations as (

    select
        *,
        coalesce(
            abs(rank_correlation) * sqrt(observation_count - 1) >= 3, false
        ) as is_significant
    from correlations

),

-- The hour of the day is circular, so no correlation: the share of the ranks'
-- variance that the hour explains (Kruskal and Wallis).
hourly_peaks as (

    select
        hour(hour_start) as hour_of_day,
        peak_trusted_avg_temp_c as peak_c,
        rank() over (order by peak_trusted_avg_temp_c)
        + (count(*) over (partition by peak_trusted_avg_temp_c) - 1) / 2
            as peak_rank
    from {{ ref('component_hourly') }}
    where peak_trusted_avg_temp_c is not null

),

hours_of_day as (

    select
        hour_of_day,
        median(peak_c) as median_peak_c,
        sum(peak_rank) as rank_sum,
        count(*) as peak_count
    from hourly_peaks
    group by hour_of_day

),

all_hours as (

    select
        sum(peak_rank) as rank_sum,
        sum(peak_rank * peak_rank) as square_sum,
        count(*) as peak_count
    from hourly_peaks

),

explained_ranks as (

    select
        {{ exact_sum('rank_sum * rank_sum / peak_count') }} as explained,
        count(*) as hour_count,
        max_by(
            hour_of_day, {{ row_of(['median_peak_c', '-hour_of_day']) }}
        ) as hottest_hour,
        max(median_peak_c) as hottest_c,
        min_by(hour_of_day, {{ row_of(['median_peak_c', 'hour_of_day']) }})
            as coolest_hour,
        min(median_peak_c) as coolest_c
    from hours_of_day

),

hour_correlation as (

    select
        round(
            sqrt(
                (
                    explained_ranks.explained
                    - all_hours.rank_sum * all_hours.rank_sum
                    / all_hours.peak_count
                )
                / nullif(
                    all_hours.square_sum
                    - all_hours.rank_sum * all_hours.rank_sum
                    / all_hours.peak_count,
                    0
                )
            ),
            9
        ) as rank_correlation,
        all_hours.peak_count as observation_count,
        explained_ranks.hour_count,
        explained_ranks.hottest_hour,
        explained_ranks.hottest_c,
        explained_ranks.coolest_hour,
        explained_ranks.coolest_c
    from all_hours
    cross join explained_ranks

),

-- Without a relation, the statistic has a chi-square distribution. The
-- threshold is its mean plus three standard deviations.
judged_hour as (

    select
        *,
        coalesce(
            rank_correlation * rank_correlation * (observation_count - 1)
            >= hour_count - 1 + 3 * sqrt(2 * (hour_count - 1)),
            false
        ) as is_significant
    from hour_correlation

),

relations as (

    {% for name, _, _, _, grain, more, outcomes in relations -%}
        select
            '{{ name }}' as correlation_name,
            '{{ grain }}' as grain,
            '{{ more }}' as more,
            '{{ outcomes[0] }}' as then_more,
            '{{ outcomes[1] }}' as then_less
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

fleet_correlations as (

    select
        correlation_name,
        case
            when correlations.is_significant
                then upper(left(relations.more, 1))
                    || substr(relations.more, 2) || ' goes with '
                    || if(
                        correlations.rank_correlation > 0,
                        relations.then_more,
                        relations.then_less
                    )
            else 'No clear link between ' || relations.more || ' and '
                || relations.then_more
        end
        || coalesce(
            ' (rank correlation '
            || {{ number_text('correlations.rank_correlation', 2) }}
            || ', ' || correlations.observation_count || ' ' || relations.grain
            || ')',
            ''
        )
        || '.' as sentence,
        correlations.rank_correlation,
        coalesce(correlations.observation_count, 0) as observation_count,
        coalesce(correlations.is_significant, false) as is_significant
    from relations
    left join judged_correlations as correlations using (correlation_name)
    union all
    select
        'peak_by_hour' as correlation_name,
        if(
            is_significant,
            'Peaks are highest in the hour from ' || hottest_hour || ':00 UTC'
            || ', median ' || {{ number_text('hottest_c', 1) }}
            || ' °C, and lowest from ' || coolest_hour || ':00, '
            || {{ number_text('coolest_c', 1) }} || ' °C',
            'No clear link between the hour of the day and peaks'
        )
        || coalesce(
            ' (correlation ratio '
            || {{ number_text('rank_correlation', 2) }}
            || ', ' || observation_count || ' hours of handles)',
            ''
        )
        || '.' as sentence,
        rank_correlation,
        observation_count,
        is_significant
    from judged_hour

)

select * from fleet_correlations
