"""What changes consents, and what erases."""

from zhike.privacy.actions.consenting import add_text, keep_purpose, record_consent
from zhike.privacy.actions.erasing import (
    Preview,
    erase_customer,
    erasures_to_resume,
    preview_erasure,
    request_erasure,
    run_erasure,
    set_policy,
)

__all__ = [
    "Preview",
    "add_text",
    "erase_customer",
    "erasures_to_resume",
    "keep_purpose",
    "preview_erasure",
    "record_consent",
    "request_erasure",
    "run_erasure",
    "set_policy",
]
