"""The verbs of tokens, the same on a session and on a wizard: a row as the model sees it, and how long rows are."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .advice.token_lengths import TokenLengths
    from .data.training_preview import RowPreview
    from .dataset_screen import RowsView
    from .facts import Finding
    from .seen_screen import SeenRow
    from .tokenizing import Tokenizing


class TokenVerbs:
    """Verbs for whoever has a `tokenizing`, and `page`s of rows."""

    @property
    def tokenizing(self) -> Tokenizing:
        """The chosen model's tokenizer, and what was counted with it."""
        raise NotImplementedError

    def page(self, row: int = 0, limit: int = 1) -> RowsView:
        """Rows of the dataset as text, `limit` of them from `row` (zero-based) on."""
        raise NotImplementedError

    @property
    def tokens(self) -> TokenLengths | None:
        """How long the training rows are in tokens; None until `count_tokens` counted them as they now stand."""
        return self.tokenizing.lengths

    def count_tokens(self, exact: bool = False, *, cancelled: Event | None = None) -> TokenLengths | None:
        """Count the tokens of a sample of the rows, or of all; None where that can't be done."""
        return self.tokenizing.measure(exact=exact, cancelled=cancelled)

    def see(self, row: int = 0, part: int = 0, *, cancelled: Event | None = None) -> SeenRow:
        """A row (zero-based) as the model sees it; `part` is which of the training rows that it makes."""
        return self.tokenizing.see(row, part, cancelled)

    def preview(self, row: int = 0, limit: int = 1, *, part: int = 0) -> RowPreview:
        """Rows of the dataset as text, `limit` of them from `row` (zero-based) on, and the first as the model sees it.

        The result has `text`, `tokens` and `mask`, and draws itself in a notebook.
        """
        from .data.training_preview import RowPreview

        return RowPreview(**dict(self.page(row, limit)), seen=self.see(row, part))

    def use_template(self, template: str | None = None, stop_token: str | None = None) -> list[Finding]:
        """How conversations are printed for a model without a chat template: the name of one on offer, or Jinja.

        `stop_token` is the token that answers end in, empty for the model's own. What is not given stays.
        """
        return self.tokenizing.use_template(template, stop_token)
