"""Lists: declared once a record type; tabs, conditions, columns, paging, bulk work for free."""

from zhike.web.listing.listing import Drawing, Listing, Tab, declare, listing_of, listings

__all__ = ["Drawing", "Listing", "Tab", "declare", "listing_of", "listings"]
