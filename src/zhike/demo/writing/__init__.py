"""Writing a world down: rows and their events, streamed through the doors of the record service.

The values are made in stored form, so nothing needs cleaning; everything else is as if people had
worked for years: files were opened when customers came, orders happened when they were placed,
contacts were logged by whoever looks after the customer. All of it belongs to one batch.
"""

from zhike.demo.second_files import SecondFiles
from zhike.demo.writing.customers import (
    write_customers,
    write_relations,
    write_second_files,
)
from zhike.demo.writing.dealings import write_contacts, write_tasks
from zhike.demo.writing.desk import TABLES, Desk, Report
from zhike.demo.writing.orders import write_orders, write_payments, write_products

__all__ = ["TABLES", "Desk", "Report", "write_world"]


def write_world(desk: Desk, second: SecondFiles) -> None:
    party_ids = write_customers(desk)
    write_second_files(desk, party_ids, second)
    write_relations(desk, party_ids)
    product_ids = write_products(desk)
    order_ids = write_orders(desk, party_ids, product_ids)
    write_payments(desk, party_ids, order_ids)
    write_contacts(desk, party_ids)
    write_tasks(desk, party_ids)
