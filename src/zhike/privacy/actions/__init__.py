"""What changes consents, and what erases."""

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
    "erase_customer",
    "erasures_to_resume",
    "preview_erasure",
    "request_erasure",
    "run_erasure",
    "set_policy",
]
