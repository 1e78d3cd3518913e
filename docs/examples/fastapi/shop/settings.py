"""What the environment may set."""

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read from variables such as `SHOP_CURRENCY`."""

    model_config = SettingsConfigDict(env_prefix="SHOP_")

    name: str = "shop"
    currency: str = "EUR"
