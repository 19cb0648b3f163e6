-- One row per run that a person reviewed or was asked to review, among touched_runs, with the decision that counts.
-- Reads touched_runs, outcomes, outcome_links.
--
-- The first decision that lets an output go (approved, edited, replaced) releases it; what people say later is rework.
-- Without one the last rejection counts, and without any the last escalation. Only people decide (an approval by a rule
-- on its due date is none), and who abstains or lets the date pass has not decided.
with told as (
    select links.run_id, outcomes.*
    from outcome_links as links
    inner join touched_runs using (run_id)
    inner join outcomes using (outcome_id)
    where outcomes.kind in ('review_requested', 'review_decision') and not outcomes.retracted
),

decisions as (
    select
        run_id, outcome_id, decision, occurred_at, edit_ratio, review_mode,
        case decision when 'rejected' then 2 when 'escalated' then 3 else 1 end as precedence
    from told
    where kind = 'review_decision' and actor_kind = 'human' and decision not in ('abstained', 'expired')
),

counted as (
    select *
    from decisions
    qualify row_number() over (
        partition by run_id
        order by precedence, case when precedence = 1 then occurred_at end nulls last, occurred_at desc, outcome_id
    ) = 1
),

asked as (
    select run_id, max(review_mode) as review_mode, min(occurred_at) as asked_at from told group by run_id
)

select
    asked.run_id,
    asked.asked_at,
    counted.decision,
    counted.occurred_at as decided_at,
    counted.edit_ratio,
    coalesce(counted.review_mode, asked.review_mode) as review_mode
from asked
left join counted using (run_id)
