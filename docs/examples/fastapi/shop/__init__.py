"""A small shop: an example of a FastAPI project that becomes an image."""
