-- [source]
-- title     = "Stripe refunds and disputes, events"
-- file      = "JSON lines or a JSON list of events: `data` of GET /v1/events, or webhook bodies"
-- emits     = "outcomes"
-- grain     = "nested"
-- observer  = "application"
-- recognize = ["object=event", "livemode", "data.object", "type"]
-- required  = ["id", "type", "data"]
-- ignored   = "is a test, or neither a refund nor a dispute"
-- reports   = ["outcomes"]
-- evidence  = "VERIFIED: package stripe 16.1.0; the currencies without or with three decimals: docs.stripe.com/currencies"
-- limits    = ["tied to a run by `rb1:<trace>:<request>` in the metadata of the refund or dispute, or of its PaymentIntent or charge where an event of that stands in the same file, else by the PaymentIntent's id",
--              "a dispute costs its amount from its start, is taken back when won, prevented or a closed inquiry; an inquiry has no cost",
--              "fees are not counted", "Stripe states no severity"]
-- [columns]
-- id       = "VARCHAR"
-- type     = "VARCHAR"
-- created  = "VARCHAR"
-- livemode = "VARCHAR"
-- data     = '''STRUCT(object STRUCT(
--     id VARCHAR, object VARCHAR, amount VARCHAR, currency VARCHAR, created VARCHAR, charge VARCHAR, payment_intent VARCHAR,
--     reason VARCHAR, status VARCHAR, metadata JSON
-- ))'''
--
-- Each event is a later revision of its object; of two in one second the one with a final status comes last.
-- An uncaptured charge that expired moved no money.
with told as (
    select
        line,
        data.object as object,
        lower(data.object.object) as object_kind,
        lower(data.object.status) as status,
        upper(data.object.currency) as currency,
        case when regexp_full_match(data.object.amount, '[0-9]{1,15}') then cast(data.object.amount as bigint) end as amount_minor,
        case when try_cast(created as bigint) between 0 and 253402300799 then try_cast(created as bigint) end as event_s,
        try(to_timestamp(try_cast(data.object.created as bigint))) as created_at,
        regexp_extract(cast(data.object.metadata as varchar), 'rb1:([\w-]+):([\w.:-]*[\w-])', ['trace_id', 'request_id']) as own
    from records
    where lower(livemode) is distinct from 'false' -- noqa: PRS
),

payments as (
    select object.id as payment_id, any_value(own) as reference
    from told
    where object_kind in ('payment_intent', 'charge') and own.request_id <> ''
    group by all
),

losses as (
    select
        told.*,
        coalesce(nullif(told.own, {trace_id: '', request_id: ''}), intent.reference, charge.reference) as reference,
        starts_with(told.status, 'warning_') as is_inquiry,
        told.amount_minor / case
            when told.currency in (
                'BIF', 'CLP', 'DJF', 'GNF', 'JPY', 'KMF', 'KRW', 'MGA', 'PYG', 'RWF', 'VND', 'VUV', 'XAF', 'XOF', 'XPF'
            ) then 1
            when told.currency in ('BHD', 'JOD', 'KWD', 'OMR', 'TND') then 1000
            else 100
        end as amount
    from told
    left join payments as intent on told.object.payment_intent = intent.payment_id
    left join payments as charge on told.object.charge = charge.payment_id
    where told.object_kind in ('refund', 'dispute') and told.object.reason is distinct from 'expired_uncaptured_charge' -- noqa: PRS
)

select
    line,
    'downstream_error' as kind,
    'stripe' as source_system,
    object.id as source_record_id,
    2 * greatest(event_s, 0) + if(status in ('won', 'lost', 'prevented', 'warning_closed', 'failed', 'canceled'), 1, 0) as revision,
    coalesce(status in ('won', 'prevented', 'warning_closed', 'failed', 'canceled'), false) as retracted,
    created_at as occurred_at,
    try(to_timestamp(event_s)) as recorded_at,
    'exact' as time_quality,
    nullif(reference.trace_id, '-') as trace_id,
    nullif(reference.request_id, '-') as request_id,
    'payment' as artifact_type,
    coalesce(object.payment_intent, object.charge) as artifact_id,
    left(object.reason, 100) as reason_code,
    case when is_inquiry then 'complaint' when object_kind = 'refund' then 'refund' else 'chargeback' end as error_type,
    case when not coalesce(is_inquiry, false) and currency is not null then amount end as cost_amount,
    case when not coalesce(is_inquiry, false) and amount is not null then currency end as cost_currency,
    case when not coalesce(is_inquiry, false) and amount is not null and currency is not null then 'measured' end as cost_basis,
    left(object.status, 100) as label,
    case
        when object.id is null then 'data.object.id is missing'
        when created_at is null then 'data.object.created is missing or no time in epoch seconds'
        when object.amount is not null and amount_minor is null then 'data.object.amount is no whole number of at least 0'
    end as problem
from losses
order by line
