"""Lists: declared once a record type; tabs, conditions, columns, paging, bulk work for free."""

from zhike.web.listing.listing import Listing, Tab, declare, listing_of, listings

__all__ = ["Listing", "Tab", "declare", "listing_of", "listings"]
