"""A Django site that becomes an image."""
