"""Every knob of Spotlight: default, unit, meaning. Precedence: flag > SPOTLIGHT_* > spotlight.toml > default.

Read by the command line and the dashboards' start alone; everything below gets plain values.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import orjson
from pydantic import Field, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)


class Settings(BaseSettings):
    """Settings of one process."""

    model_config = SettingsConfigDict(env_prefix="SPOTLIGHT_", toml_file="spotlight.toml", extra="ignore")

    data: Path = Field(Path("spotlight-data"), description="Folder that holds the journal and the lake.")
    host: str = Field("127.0.0.1", description="Address every server binds to.")
    http_port: int = Field(4318, ge=0, le=65535, description="OTLP over HTTP; 0 chooses a free port.")
    grpc_port: int = Field(4317, ge=0, le=65535, description="OTLP over gRPC; 0 chooses a free port.")
    port: int = Field(8501, ge=0, le=65535, description="Dashboards; 0 chooses a free port.")
    allowed_hosts: Annotated[list[str], NoDecode] = Field(
        ["localhost", "127.0.0.1", "[::1]"],
        description="Host names that requests may be addressed to; others are refused (DNS rebinding). "
        "In the environment a comma separated list, or a JSON one.",
    )
    user_header: str = Field(
        "",
        description="Request header in which a trusted proxy names the reader, who then writes notes under "
        "that name. Empty: the browser asks once.",
    )
    run_budget_usd: float | None = Field(
        None,
        gt=0,
        description="Dollars, at list price, that one run may cost: a run that shows no failure opens at the "
        "step that went over. Empty: any sum.",
    )
    batch_bytes: int = Field(
        24 << 20, ge=1 << 16, description="Journal bytes the writer turns into one commit."
    )
    batch_wait_s: float = Field(0.3, gt=0, description="Seconds the writer waits for a batch to fill.")

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _split_hosts(cls, value: object) -> object:
        """Return the list that a text names: JSON, or words between commas."""
        if not isinstance(value, str):
            return value
        if value.lstrip().startswith("[") and not value.lstrip().startswith("[:"):
            return orjson.loads(value)
        return [host.strip() for host in value.split(",") if host.strip()]

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags first, then the environment, then spotlight.toml in the working folder."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)
