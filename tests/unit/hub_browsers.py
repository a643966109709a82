"""Browsers of the Hub for the tests, and models to put on it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.unit.strange_site import strange_site
from trainpkg_widgets.hub.cache import HubCache
from trainpkg_widgets.hub.catalogue import Catalogue
from trainpkg_widgets.hub.client import HubClient, Token
from trainpkg_widgets.hub.models import ModelBrowser, SearchPage
from trainpkg_widgets.settings import load_settings
from trainpkg_widgets.settings.model_settings import ModelSettings

Browse = Callable[..., ModelBrowser]


def settings(endpoint: str, **search: Any) -> ModelSettings:
    """The settings that ship, for a Hub on loopback: no retries, pages of four, and two popular models."""
    hub = {"endpoint": endpoint, "timeout_seconds": 5, "retries": 0}
    popular = [{"id": "Qwen/Qwen2.5-0.5B", "note": "Start here."}, {"id": "nobody/unheard-of"}]
    return load_settings(model={"hub": hub, "popular": popular, "search": {"page_size": 4, **search}}).model


def browsing(endpoint: str) -> Browse:
    """Makes browsers of a Hub: anonymous, without a cache unless told otherwise; other keywords are search settings."""

    def made(token: Token = False, cache: HubCache | None = None, url: str = endpoint, **search: Any) -> ModelBrowser:
        chosen = settings(url, **search)
        return ModelBrowser(chosen, HubClient(chosen.hub, cache, token), Catalogue())

    return made


def tiny(name: str, **fields: Any) -> dict[str, Any]:
    """A whole small model."""
    return {
        "id": name,
        "gated": False,
        "tags": ["transformers", "safetensors", "llama", "license:mit"],
        "library_name": "transformers",
        "config": {"architectures": ["LlamaForCausalLM"], "model_type": "llama"},
        "safetensors": {"parameters": {"BF16": 10**9}, "total": 10**9},
        "siblings": [{"rfilename": file} for file in ("config.json", "model.safetensors", "tokenizer.json")],
        **fields,
    }


def many(count: int, **fields: Any) -> list[dict[str, Any]]:
    """Small models in the order of their names when sorted by downloads."""
    return [tiny(f"lab/model-{n:02}", downloads=1000 - n, **fields) for n in range(count)]


def ids(page: SearchPage) -> list[str]:
    """What was found."""
    return [model.id for model in page.models]


def whole_search(browser: ModelBrowser, *asked: Any, **how: Any) -> list[SearchPage]:
    """Every page of a search, one after the other."""
    pages = [browser.search_models(*asked, **how)]
    while pages[-1].next_cursor:
        pages.append(browser.search_models(*asked, cursor=pages[-1].next_cursor, **how))
    return pages


@contextmanager
def listing(body: Any, link: str | None = None) -> Iterator[str]:
    """The address of a site that answers everything with one body, and a Link to what is said to follow."""
    headers = {"Content-Type": "application/json"} | ({"Link": f'<{link}>; rel="next"'} if link else {})
    with strange_site(lambda request: (200, headers, json.dumps(body).encode())) as site:
        yield site.url
