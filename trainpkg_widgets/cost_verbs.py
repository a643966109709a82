"""The verbs of costs, the same on a session and on a wizard: memory, what makes a run fit, what it needs, its price."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING, Any

from .facts import Finding
from .on_session import OnSession

if TYPE_CHECKING:
    from .config_screen import CostsView, NeedsView, Price, PricesView
    from .session import Session


class CostVerbs(OnSession):
    """Verbs for whoever has a session behind it."""

    @property
    def memory(self) -> CostsView:
        """What the run costs: memory by part in bytes, steps, tokens, time. It draws itself as a table."""
        return self.session.costs

    def make_it_fit(self) -> list[Finding]:
        """Change the config as little as makes the run fit its card; the order of the changes is in the settings.

        Undo takes it back. Nothing is changed where it fits already, or where no change is enough.
        """
        session = self.session
        costs = session.costs
        if costs.fit is not None:
            return session.configure(**costs.fit.arguments)
        return [_not_made_to_fit(costs)]

    def what_would_i_need(self) -> NeedsView:
        """The smallest cards that the run fits as it stands: one, or several that share it."""
        from .advice.memory import OutOfScopeError
        from .advice.needs import what_it_needs
        from .config_screen import NeedsView

        state, settings = self.session.state, self.session.settings.config
        if state.config is None:
            return NeedsView(why="No config is chosen yet.")
        try:
            needs = what_it_needs(state.model.info if state.model else None, state.config, settings)
        except OutOfScopeError as error:
            return NeedsView(why=str(error))
        return NeedsView(needs=needs, why="" if needs else "No card of the settings' list holds this run.")

    def prices(self, *, cancelled: Event | None = None) -> PricesView:
        """What the run would cost on HF Jobs, asked of the Hub now or lately, and on clouds where gpuhunt is installed.

        Offline no price is known. What can't be had is told in `why`.
        """
        from .config_screen import PricesView
        from .hub.errors import HubError, OfflineModeError

        asked: list[tuple[tuple[Price, ...], str]] = []
        offline = False
        try:
            asked.append(_on_jobs(self.session, cancelled))
        except HubError as error:
            asked.append(((), str(error)))
            offline = isinstance(error, OfflineModeError)
        if not offline:
            asked.append(_on_clouds(self.session, cancelled))
        prices = [price for found, _ in asked for price in found]
        why = " ".join(words for _, words in asked if words)
        as_of = max((price.as_of for price in prices), default="")
        return PricesView(prices=tuple(prices), as_of=as_of, why=why if prices else f"No price is known. {why}")


def _on_jobs(session: Session, cancelled: Event | None) -> tuple[tuple[Price, ...], str]:
    """Prices of HF Jobs, and what is to be said of them.

    Raises:
        HubError: the Hub gave no list.
    """
    from .advice.prices import prices_of
    from .hub.hardware import job_offers

    prices = prices_of(session.costs, job_offers(session.models.client, cancelled), "HF Jobs")
    return prices, "HF Jobs, by the Hub's own list." if prices else f"HF Jobs offers no machine with {_cards(session)}."


def _on_clouds(session: Session, cancelled: Event | None) -> tuple[tuple[Price, ...], str]:
    """Prices of clouds, on demand, and what is to be said of them."""
    from .advice.prices import prices_of
    from .clouds import NoCloudPricesError

    gpu, costs = session.gpu, session.costs
    if gpu is None or not session.settings.config.clouds.ask:
        return (), ""
    try:
        listed = session.clouds.offers(gpu, costs.gpus, cancelled)
    except NoCloudPricesError as error:
        return (), str(error)
    prices = prices_of(costs, listed, "gpuhunt")
    return prices, "Clouds on demand, by gpuhunt." if prices else f"gpuhunt knows no machine with {_cards(session)}."


def _cards(session: Session) -> str:
    costs = session.costs
    return f"{costs.gpus} × {costs.gpu}" if costs.gpu else "no card"


def _not_made_to_fit(costs: CostsView) -> Finding:
    said: dict[str, Any] = {"step": "config", "field": "config.memory", "evidence": costs.verdict_why}
    if costs.verdict == "fits":
        return Finding(severity="info", code="fits-already", message=f"The run fits {costs.gpu} as it is.", **said)
    if costs.verdict == "unknown":
        message = "Whether the run fits can't be told."
        return Finding(severity="warning", code="fit-unknown", message=message, **said)
    message = f"No change of the config makes the run fit {costs.gpu}."
    return Finding(severity="error", code="fit-impossible", message=message, **said)
