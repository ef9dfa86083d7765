"""Lists: declared once a record type; tabs, conditions, columns, paging, bulk work for free."""

from zhike.web.listing.listing import Command, Drawing, Listing, Tab, declare, listing_of, listings

__all__ = ["Command", "Drawing", "Listing", "Tab", "declare", "listing_of", "listings"]
