"""Who asks, as the rest of the house knows it: a frozen value, computed once a request."""

from dataclasses import dataclass, field
from uuid import UUID

from zhike.events.actions import Origin


@dataclass(frozen=True, slots=True)
class Viewer:
    user_id: UUID | None
    name: str
    role: str
    sight: str
    team_id: UUID | None = None
    team_ids: frozenset[UUID] = field(default_factory=frozenset)
    kind: str = "user"  # user | token | system
    scopes: frozenset[str] | None = None  # of a token; None means everything the user may
    source: str = "page"
    # What the role may do with facts where that is not everything: (record type, fact, level).
    limits: frozenset[tuple[str, str, str]] = field(default_factory=frozenset)
    pool_ids: frozenset[UUID] = field(default_factory=frozenset)  # whose customers are seen too
    is_braked: bool = False  # is shown few customers until an administrator lifts that

    def origin(self, batch_id: UUID | None = None, cause_id: int | None = None) -> Origin:
        return Origin(self.kind, self.user_id, batch_id, cause_id, self.source)


SYSTEM = Viewer(None, "Zhike", "administrator", "all", kind="system", source="system")
