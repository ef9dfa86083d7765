"""The addresses of the pages."""

from django.urls import include, path
from django.views.generic import RedirectView

from zhike.web.commerce import listing as commerce_listing  # noqa: F401
from zhike.web.commerce import views as commerce
from zhike.web.customers import listing as customer_listing  # noqa: F401
from zhike.web.customers import views as customers
from zhike.web.disputes import views as disputes
from zhike.web.duplicates import views as duplicates
from zhike.web.history import views as history
from zhike.web.imports import views as imports
from zhike.web.listing import views as lists
from zhike.web.palette import views as palette
from zhike.web.people import views as people
from zhike.web.pools import assigning, rehearsing
from zhike.web.pools import settings as pool_settings
from zhike.web.pools import views as pools
from zhike.web.privacy import requests, retention
from zhike.web.privacy import views as privacy
from zhike.web.quality import views as quality
from zhike.web.records import views as records
from zhike.web.scores import views as scores
from zhike.web.security import views as security
from zhike.web.segments import views as segments
from zhike.web.session import views as session
from zhike.web.settings import handing_over, rights
from zhike.web.settings import views as settings
from zhike.web.today import views as today
from zhike.web.value import views as value

_session = [
    path("sign-in", session.sign_in, name="sign_in"),
    path("sign-in/language", session.set_language, name="sign_in_language"),
    path("sign-out", session.sign_out, name="sign_out"),
    path("healthz", session.healthz, name="healthz"),
]
_lists = [
    path("condition", lists.condition, name="list_condition"),
    path("condition/add", lists.add_condition, name="list_add_condition"),
    path("columns", lists.choose_columns, name="list_columns"),
    path("bulk", lists.bulk, name="list_bulk"),
    path("bulk/field", lists.bulk_field, name="list_bulk_field"),
    path("views", lists.keep_view, name="list_keep_view"),
    path("views/<uuid:view_id>/remove", lists.drop_view, name="list_drop_view"),
    path("export", lists.export, name="list_export"),
    path("pick", lists.pick, name="pick"),
]
_records = [
    path("fields/<slug:field>", records.field, name="record_field"),
    path("unmask/<slug:field>", records.unmask, name="record_unmask"),
    path("archive", records.archive, name="record_archive"),
    path("restore", records.restore, name="record_restore"),
]
_customers = [
    path("", lists.show, {"name": "customer"}, name="customer_list"),
    path("new", customers.new, name="customer_new"),
    path("new/hints", customers.hints, name="customer_hints"),
    path("quality/", quality.quality, name="quality"),
    path("duplicates/", duplicates.duplicates, name="duplicate_list"),
    path("duplicates/<uuid:pk>/decide", duplicates.decide, name="duplicate_decide"),
    path("duplicates/<uuid:pk>/reopen", duplicates.reopen, name="duplicate_reopen"),
    path("<uuid:pk>", customers.customer, name="customer"),
    path("<uuid:pk>/write", customers.write, name="customer_write"),
    path("<uuid:pk>/tags", customers.tag, name="customer_tag"),
    path("<uuid:pk>/merge", customers.merge_with, name="customer_merge_with"),
    path("<uuid:pk>/merge/<uuid:other_id>", customers.merge, name="customer_merge"),
    path("<uuid:pk>/claim", pools.claim, name="customer_claim"),
    path("<uuid:pk>/collisions", disputes.collisions, name="customer_collisions"),
    path("<uuid:pk>/release", pools.release, name="customer_release"),
    path("<uuid:pk>/assign", pools.assign, name="customer_assign"),
    path("<uuid:pk>/protect", pools.protect, name="customer_protect"),
    path("<uuid:pk>/unprotect", pools.unprotect, name="customer_unprotect"),
    path("<uuid:pk>/relations", customers.relate, name="relation_add"),
    path(
        "<uuid:pk>/relations/<uuid:relation_id>/remove", customers.unrelate, name="relation_remove"
    ),
    path("<uuid:pk>/consents", privacy.consent, name="customer_consent"),
    path("<uuid:pk>/hold", retention.hold, name="customer_hold"),
    path("<uuid:pk>/hold/lift", retention.release, name="customer_hold_lift"),
    path("<uuid:pk>/disclose", privacy.disclose, name="customer_disclose"),
    path("<uuid:pk>/erase", privacy.erase, name="customer_erase"),
    path("<uuid:pk>/verify", quality.verify, name="customer_verify"),
    path("<uuid:pk>/seen-by", customers.seen_by, name="customer_seers"),
    path("<uuid:pk>/decoy", security.decoy, name="customer_decoy"),
    path("<uuid:pk>/shares", customers.share, name="share_add"),
    path("<uuid:pk>/shares/<uuid:with_id>/remove", customers.unshare, name="share_remove"),
    path("<uuid:pk>/files", customers.attach, name="attachment_add"),
    path("<uuid:pk>/files/<uuid:attachment_id>", customers.download, name="attachment"),
    path("<uuid:pk>/files/<uuid:attachment_id>/remove", customers.detach, name="attachment_remove"),
]
_disputes = [
    path("", disputes.disputes, name="dispute_list"),
    path("ask", disputes.ask, name="dispute_ask"),
    path("<uuid:pk>", disputes.dispute, name="dispute"),
    path("<uuid:pk>/answer", disputes.answer, name="dispute_answer"),
    path("<uuid:pk>/give-way", disputes.give_way, name="dispute_give_way"),
    path("<uuid:pk>/withdraw", disputes.withdraw, name="dispute_withdraw"),
    path("<uuid:pk>/decide", disputes.decide, name="dispute_decide"),
]
_orders = [
    path("", lists.show, {"name": "order"}, name="order_list"),
    path("new", commerce.new_order, name="order_new"),
    path("<uuid:pk>", commerce.order, name="order"),
    path("<uuid:pk>/payments", commerce.pay, name="order_pay"),
    path("<uuid:pk>/cancel", commerce.cancel, name="order_cancel"),
    path("<uuid:pk>/returns", commerce.return_goods, name="order_return"),
]
_products = [
    path("", lists.show, {"name": "product"}, name="product_list"),
    path("new", records.new, {"name": "product"}, name="product_new"),
    path("<uuid:pk>", commerce.product, name="product"),
]
_today = [
    path("", today.today, name="today"),
    path("waiting", today.waiting, name="today_waiting"),
    path("<uuid:pk>/work", today.work, name="today_work"),
    path("<uuid:pk>/snooze", today.snooze, name="today_snooze"),
    path("<uuid:pk>/hand-over", today.hand_over, name="today_hand_over"),
    path("<uuid:pk>/dismiss", today.dismiss, name="today_dismiss"),
    path("<uuid:pk>/reopen", today.reopen, name="today_reopen"),
]
_segments = [
    path("", segments.segments, name="segment_list"),
    path("new", segments.new, name="segment_new"),
    path("preview", segments.preview, name="segment_preview"),
    path("<uuid:pk>", segments.segment, name="segment"),
    path("<uuid:pk>/edit", segments.edit, name="segment_edit"),
    path("<uuid:pk>/archive", segments.archive, name="segment_archive"),
]
_value = [
    path("", value.value, name="value"),
    path("models", scores.scores, name="scores"),
    path("models/compute", scores.compute, name="scores_compute"),
]
_imports = [
    path("", imports.begin, name="import_list"),
    path("<uuid:pk>", imports.run, name="import"),
    path("<uuid:pk>/collisions", disputes.collisions_of_import, name="import_collisions"),
    path("<uuid:pk>/start", imports.start, name="import_start"),
    path("<uuid:pk>/apply", imports.apply, name="import_apply"),
    path("<uuid:pk>/answer", imports.answer, name="import_answer"),
    path("<uuid:pk>/refused", imports.refused, name="import_refused"),
]
_settings = [
    path("", settings.preferences, name="settings"),
    path("preferences", settings.prefer, name="prefer"),
    path("password", settings.password, name="password"),
    path("firm", settings.company, name="company"),
    path("users", settings.users, name="users"),
    path("users/new", settings.new_user, name="user_new"),
    path("users/<uuid:pk>", settings.user, name="user"),
    path("users/<uuid:pk>/hand-over", handing_over.hand_over, name="hand_over"),
    path("field-rights", rights.field_rights, name="field_rights"),
    path("teams", settings.new_team, name="team_new"),
    path("pools", pool_settings.pools, name="pool_settings"),
    path("pools/recycle", pool_settings.recycle, name="pool_recycle"),
    path("pools/<uuid:pk>", pool_settings.pool, name="pool_setting"),
    path("pools/<uuid:pk>/members", pool_settings.members, name="pool_members"),
    path("pools/<uuid:pk>/empty", pool_settings.empty, name="pool_empty"),
    path("pools/<uuid:pk>/remove", pool_settings.remove, name="pool_remove"),
    path("pools/<uuid:pk>/rules/new", pool_settings.new_rule, name="rule_new"),
    path("pools/<uuid:pk>/rules/preview", pool_settings.preview, name="rule_preview"),
    path("disputes", disputes.dispute_rules, name="dispute_rules"),
    path("disputes/new", disputes.new_rule, name="dispute_rule_new"),
    path("disputes/<uuid:pk>", disputes.rule, name="dispute_rule"),
    path("disputes/<uuid:pk>/remove", disputes.remove_rule, name="dispute_rule_remove"),
    path("pools/<uuid:pk>/rules/rehearse", rehearsing.recycling, name="rule_rehearse"),
    path("assignment/rehearse", rehearsing.assignment, name="assignment_rehearse"),
    path("rehearsals/<uuid:pk>", rehearsing.rehearsal, name="rehearsal"),
    path("assignment", assigning.rules, name="assignment"),
    path("assignment/run", assigning.run, name="assignment_run"),
    path("assignment/new", assigning.new_rule, name="assignment_rule_new"),
    path("assignment/<uuid:pk>", assigning.rule, name="assignment_rule"),
    path("assignment/<uuid:pk>/remove", assigning.remove, name="assignment_rule_remove"),
    path("rules/<uuid:rule_id>", pool_settings.rule, name="rule"),
    path("rules/<uuid:rule_id>/remove", pool_settings.remove_rule, name="rule_remove"),
    path("privacy", privacy.privacy, name="privacy"),
    path("privacy/purposes", privacy.new_purpose, name="purpose_new"),
    path("privacy/purposes/<slug:key>", privacy.purpose, name="purpose"),
    path("privacy/purposes/<slug:key>/texts", privacy.add_text, name="purpose_text"),
    path("privacy/retention", retention.rules, name="retention"),
    path("privacy/retention/new", retention.new_rule, name="retention_new"),
    path("privacy/retention/<uuid:pk>", retention.rule, name="retention_rule"),
    path("privacy/retention/<uuid:pk>/remove", retention.remove, name="retention_remove"),
    path("privacy/requests", requests.requests, name="request_list"),
    path("privacy/requests/new", requests.new, name="request_new"),
    path("privacy/requests/<uuid:pk>", requests.request_page, name="request"),
    path("privacy/requests/<uuid:pk>/answer", requests.answer, name="request_answer"),
    path("privacy/requests/<uuid:pk>/reopen", requests.reopen, name="request_reopen"),
    path("privacy/requests/<uuid:pk>/lift", requests.lift, name="request_lift"),
    path("privacy/erasures/<uuid:pk>", privacy.erasure, name="erasure"),
    path("security", security.security, name="security"),
    path("security/log", security.log, name="access_log"),
    path("security/alarms/<uuid:pk>/settle", security.settle, name="alarm_settle"),
    path("security/users/<uuid:pk>/release", security.release, name="brake_lift"),
    path("tokens", settings.tokens, name="tokens"),
    path("tokens/<uuid:pk>/revoke", settings.revoke_token, name="token_revoke"),
]

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="today"), name="home"),
    *_session,
    path("palette", palette.palette, name="palette"),
    path("lists/<slug:name>/", include(_lists)),
    path("people/pick", people.pick, name="people_pick"),
    path("people/pick/with-teams", people.pick_with_teams, name="people_pick_with_teams"),
    path("records/<slug:name>/<uuid:pk>/", include(_records)),
    path("customers/", include(_customers)),
    path("orders/", include(_orders)),
    path("products/", include(_products)),
    path("tasks/<uuid:pk>/done", customers.complete_task, name="task_done"),
    path("today/", include(_today)),
    path("pools/", pools.pools, name="pool_list"),
    path("disputes/", include(_disputes)),
    path("segments/", include(_segments)),
    path("value/", include(_value)),
    path("imports/", include(_imports)),
    path("history", history.history, name="history"),
    path("history/<uuid:batch_id>", history.batch, name="batch"),
    path("errands/<uuid:pk>", history.errand, name="errand"),
    path("batches/<uuid:batch_id>/undo", records.undo, name="batch_undo"),
    path("settings/", include(_settings)),
]
