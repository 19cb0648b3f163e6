-- [source]
-- title     = "Google Cloud Service Health, public incidents"
-- file      = "https://status.cloud.google.com/incidents.json, saved as it is"
-- emits     = "provider_incidents"
-- observer  = "provider"
-- recognize = ["external_desc", "affected_products", "status_impact", "begin"]
-- required  = ["id", "begin"]
-- ignored   = "concerns no product that serves models"
-- evidence  = "public captures of Google's feeds of 2025 and 2026 (keys, offsets, status words)"
-- limits    = ["declared windows are written late and by hand: context, never the recovery metric",
--              "an incident that names only a product below (network, identity) is not taken for one of Vertex AI",
--              "stages between start and end stand only in texts, which are not read", "which regions or models were concerned is not read"]
-- [columns]
-- id                = "VARCHAR"
-- begin             = "VARCHAR"
-- end               = "VARCHAR"
-- created           = "VARCHAR"
-- external_desc     = "VARCHAR"
-- status_impact     = "VARCHAR"
-- affected_products = "STRUCT(title VARCHAR)[]"
-- updates           = '''STRUCT(created VARCHAR, "when" VARCHAR, status VARCHAR)[]'''
--
-- Outage and disruption are the feed's own two grades. A first update written after the end tells nothing of the stage.
with told as (
    select
        id, begin, external_desc, status_impact,
        list_sort(list_distinct(list_transform(affected_products, lambda product: product.title))) as products,
        try_cast(begin as timestamptz) as began_at,
        try_cast("end" as timestamptz) as ended_at,
        least(try_cast(created as timestamptz), list_min(list_transform(updates, lambda u: try_cast(coalesce(u."when", u.created) as timestamptz))))
            as told_at
    from records
)

select
    case when begin is not null then id end as incident_key,
    case
        when list_bool_or(list_transform(products, lambda title: regexp_matches(lower(title), 'vertex|agent platform|generative ai|model garden')))
            then 'vertex_ai'
    end as provider,
    left(trim(regexp_extract(regexp_replace(external_desc, '^\s*(\*\*)?Summary:?(\*\*)?\s*', ''), '^[^\n]*')), 200) as title,
    case status_impact when 'SERVICE_OUTAGE' then 'major' when 'SERVICE_DISRUPTION' then 'minor' when 'SERVICE_INFORMATION' then 'none' end as impact,
    products as components,
    began_at as started_at,
    case when told_at >= began_at and told_at <= coalesce(ended_at, told_at) then told_at end as investigating_at,
    ended_at as resolved_at,
    case when ended_at is null then 'investigating' else 'resolved' end as status,
    id is not null and begin is not null and coalesce(not list_bool_or(list_transform(
        products, lambda title: regexp_matches(lower(title), 'vertex|agent platform|generative ai|model garden')
    )), true) as is_ignored,
    case when begin is not null and began_at is null then 'begin is no time' end as problem
from told
