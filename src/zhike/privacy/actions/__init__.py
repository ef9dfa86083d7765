"""What changes consents, what answers requests, and what erases."""

from zhike.privacy.actions.consenting import (
    add_text,
    keep_consents,
    keep_purpose,
    record_consent,
    record_consents,
    refresh_purpose,
)
from zhike.privacy.actions.disclosing import disclose_customer, preview_disclosure
from zhike.privacy.actions.erasing import (
    Preview,
    carry_erasures_on,
    erase_customer,
    erasures_to_resume,
    preview_erasure,
    request_erasure,
    run_erasure,
    run_erasures,
    set_policy,
)
from zhike.privacy.actions.requesting import (
    answer_request,
    change_request,
    lift_restriction,
    open_request,
    reopen_request,
)
from zhike.privacy.actions.restoring import erase_again
from zhike.privacy.actions.retaining import (
    hold_customer,
    keep_rule,
    release_hold,
    remove_import_files,
    remove_rule,
    run_retention,
)

__all__ = [
    "Preview",
    "add_text",
    "answer_request",
    "carry_erasures_on",
    "change_request",
    "disclose_customer",
    "erase_again",
    "erase_customer",
    "erasures_to_resume",
    "hold_customer",
    "keep_consents",
    "keep_purpose",
    "keep_rule",
    "lift_restriction",
    "open_request",
    "preview_disclosure",
    "preview_erasure",
    "record_consent",
    "record_consents",
    "refresh_purpose",
    "release_hold",
    "remove_import_files",
    "remove_rule",
    "reopen_request",
    "request_erasure",
    "run_erasure",
    "run_erasures",
    "run_retention",
    "set_policy",
]
