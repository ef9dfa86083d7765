"""Contacts, notes and tasks: each in the name of whoever looks after the customer."""

from collections.abc import Iterator

import numpy as np

from zhike.customers.facts import TASK
from zhike.demo.dealings import Contacts
from zhike.demo.ids import as_texts, new_ids
from zhike.demo.writing.desk import SOURCE, Desk
from zhike.events.actions import Draft


def write_contacts(desk: Desk, party_ids: np.ndarray) -> None:
    contacts = desk.world.contacts
    owner = desk.world.profiles.owner[contacts.customer]
    for seller, viewer in desk.sellers.items():
        at = np.flatnonzero(owner == seller)
        desk.tell(_contacts(desk, contacts, at, party_ids), viewer=viewer)


def _contacts(
    desk: Desk, contacts: Contacts, places: np.ndarray, party_ids: np.ndarray
) -> Iterator[Draft]:
    for chunk in desk.chunks("contacts", len(places)):
        at = places[chunk]
        columns = zip(
            as_texts(party_ids[contacts.customer[at]]),
            desk.moments(contacts.at[at]),
            contacts.channel[at],
            contacts.outcome[at],
            contacts.text[at],
            strict=True,
        )
        for party_id, moment, channel, outcome, text in columns:
            if channel:
                verb, data = (
                    "contact.logged",
                    {"channel": channel, "outcome": outcome, "text": text},
                )
            else:
                verb, data = "note.added", {"text": text}
            yield Draft(verb, "customer", party_id, party_id, moment, data)


def write_tasks(desk: Desk, party_ids: np.ndarray) -> None:
    tasks = desk.world.tasks
    party_texts = as_texts(party_ids[tasks.customer])
    owners = desk.world.profiles.owner[tasks.customer].tolist()
    columns = zip(
        as_texts(new_ids(desk.utc(tasks.at))),
        party_texts,
        desk.moments(tasks.at),
        tasks.due.tolist(),
        tasks.title,
        owners,
        # Open tasks are done "at their beginning" here, and that is thrown away below.
        desk.moments(np.where(tasks.done_at > 0, tasks.done_at, tasks.at)),
        (tasks.done_at > 0).tolist(),
        strict=True,
    )
    rows = []
    told: dict[int, list[Draft]] = {seller: [] for seller in desk.sellers}
    for pk, party_id, moment, due, title, owner, done_at, is_done in columns:
        row = desk.row(
            id=pk,
            created_at=moment,
            updated_at=done_at if is_done else moment,
            source=SOURCE,
            party_id=party_id,
            title=title,
            due_on=due,
            assignee_id=desk.sellers[owner].user_id,
            done_at=done_at if is_done else None,
        )
        rows.append(row)
        told[owner].append(Draft("task.created", "task", pk, party_id, moment, TASK.summary(row)))
        if is_done:
            told[owner].append(Draft("task.done", "task", pk, party_id, done_at, {"title": title}))
    desk.write(TASK.model, rows)
    for seller, drafts in told.items():
        desk.tell(drafts, viewer=desk.sellers[seller])
