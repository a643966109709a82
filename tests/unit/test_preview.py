"""What a row looks like on the screen."""

from __future__ import annotations

from typing import Any

from tests.unit.dataset_samples import SETTINGS, assistant, chat, chats, user
from trainpkg_widgets.data.preview import rows_view
from trainpkg_widgets.data.profile import profile_dataset
from trainpkg_widgets.data.sources import open_variable
from trainpkg_widgets.dataset_screen import RowsView


def view(rows: list[dict[str, Any]], offset: int = 0, limit: int = 5, characters: int = 600) -> RowsView:
    opened = open_variable("rows", rows, SETTINGS)
    return rows_view(opened, profile_dataset(opened, SETTINGS), offset, limit, characters)


def test_a_conversation_reads_as_one() -> None:
    assert view([chat(user("Hello?"), assistant("Hello."))]).rows == (("user: Hello?\nassistant: Hello.",),)


def test_parts_and_tool_calls_are_shown() -> None:
    row = {
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
            {"role": "assistant", "content": None, "tool_calls": [{"function": {"name": "add"}}]},
        ]
    }
    cell = view([row]).rows[0][0]
    assert "Hi" in cell and "add" in cell


def test_columns_that_are_trained_on_come_first() -> None:
    found = view([{"id": 7, "text": "a", "score": None}])
    assert found.columns == ("text", "id", "score")
    assert found.rows == (("a", "7", ""),)


def test_a_row_that_lacks_a_column_has_an_empty_cell() -> None:
    assert view([{"text": "a"}, {"text": "b", "more": {"x": "é"}}]).rows == (("a", ""), ("b", '{"x": "é"}'))


def test_long_cells_are_cut_to_the_length_asked_for() -> None:
    cell = view([{"text": "x" * 1000}], characters=20).rows[0][0]
    assert len(cell) == 20 and cell.endswith("…")


def test_a_page_says_where_it_is() -> None:
    found = view(chats(12), offset=10, limit=5)
    assert (found.offset, found.total, len(found.rows)) == (10, 12, 2)
    assert view(chats(2), offset=5).rows == ()


def test_half_a_character_reaches_the_browser_as_text() -> None:
    view([{"text": "broken \ud83d"}]).model_dump_json()
