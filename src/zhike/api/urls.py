"""The API, put together."""

from ninja import NinjaAPI

from zhike import __version__
from zhike.api import (
    commerce,
    customers,
    disputes,
    firm,
    imports,
    insight,
    ownership,
    privacy,
    problems,
    security,
    segments,
)
from zhike.api.authentication import viewer_from
from zhike.api.parsing import StrictParser

api = NinjaAPI(
    parser=StrictParser(),
    title="Zhike 知客",
    version=__version__,
    description="Customer management: customers, orders, segments, scores, today's list.",
    auth=viewer_from,
    urls_namespace="api",
    docs_url="/docs",
    openapi_url="/openapi.json",
)
problems.install(api)
api.add_router("/customers", customers.router)
api.add_router("/customers", ownership.holders)
api.add_router("/customers", privacy.people)
api.add_router("/purposes", privacy.purposes)
api.add_router("/erasures", privacy.erasures)
api.add_router("/requests", privacy.requests)
api.add_router("/retention", privacy.retention)
api.add_router("/access-log", security.router)
api.add_router("/alarms", security.alarms)
api.add_router("/pools", ownership.pools)
api.add_router("/rules", ownership.rules)
api.add_router("/assignment", ownership.assignment)
api.add_router("/rehearsals", ownership.rehearsals)
api.add_router("/disputes", disputes.router)
api.add_router("/dispute-rules", disputes.dispute_rules)
api.add_router("/tasks", customers.tasks)
api.add_router("/products", commerce.products)
api.add_router("/orders", commerce.orders)
api.add_router("/segments", segments.router)
api.add_router("/today", insight.today)
api.add_router("/scores", insight.scores)
api.add_router("/imports", imports.router)
api.add_router("/batches", imports.work)
api.add_router("/errands", imports.errands)
api.add_router("", firm.router)
