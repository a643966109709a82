"""The verbs of tokens, the same on a session and on a wizard: a row as the model sees it, and how long rows are."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

from .on_session import OnSession

if TYPE_CHECKING:
    from .advice.token_lengths import TokenLengths
    from .data.training_preview import RowPreview
    from .facts import Finding
    from .seen_screen import SeenRow


class TokenVerbs(OnSession):
    """Verbs for whoever has a `tokenizing`, and `page`s of rows."""

    @property
    def tokens(self) -> TokenLengths | None:
        """How long the training rows are in tokens; None until `count_tokens` counted them as they now stand."""
        return self.session.tokenizing.lengths

    def count_tokens(self, exact: bool = False, *, cancelled: Event | None = None) -> TokenLengths | None:
        """Count the tokens of a sample of the rows, or of all; None where that can't be done."""
        return self.session.tokenizing.measure(exact=exact, cancelled=cancelled)

    def see(self, row: int = 0, part: int = 0, *, cancelled: Event | None = None) -> SeenRow:
        """A row (zero-based) as the model sees it; `part` is which of the training rows that it makes."""
        return self.session.tokenizing.see(row, part, cancelled)

    def preview(self, row: int = 0, limit: int = 1, *, part: int = 0) -> RowPreview:
        """Rows of the dataset as text, `limit` of them from `row` (zero-based) on, and the first as the model sees it.

        The result has `text`, `tokens` and `mask`, and draws itself in a notebook.
        """
        from .data.training_preview import RowPreview

        return RowPreview(**dict(self.session.page(row, limit)), seen=self.see(row, part))

    def use_template(self, template: str | None = None, stop_token: str | None = None) -> list[Finding]:
        """How conversations are printed for a model without a chat template: the name of one on offer, or Jinja.

        `stop_token` is the token that answers end in, empty for the model's own. What is not given stays.
        """
        return self.session.tokenizing.use_template(template, stop_token)
