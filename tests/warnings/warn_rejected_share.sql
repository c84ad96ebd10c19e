-- Warns where more than one row in a hundred was rejected; the reasons stand
-- in stg_rejected_rows, the counts of each file in load_audit.
{{ config(severity='warn') }}

with

totals as (

    select
        sum(rejected_row_count) as rejected_row_count,
        sum(row_count) as row_count
    from {{ ref('load_audit') }}

)

select * from totals
where rejected_row_count > 0.01 * row_count
