"""The part for endpoint and tweet ids: typed, from a file, or from a column of the notebook."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import ipywidgets as w

from engagement_kit.errors import EngagementError
from engagement_kit.forms import look
from engagement_kit.forms.controls import carefully, offer, seen_if
from engagement_kit.forms.model import frames
from engagement_kit.forms.model.draft import Draft
from engagement_kit.forms.model.ids import load, origins, typed, without_junk
from engagement_kit.forms.model.seen import Seen
from engagement_kit.forms.parts.part import Edit, Part, problems
from engagement_kit.question.id_files import KINDS, Columns, columns_of
from engagement_kit.question.rules import ENDPOINTS

_ENDPOINTS: Final = {
    "totals": "totals: each tweet's whole life, one number per metric",
    "28hr": "28hr: the last 28 hours, by hour",
    "historical": "historical: any period, by day or hour",
}
_SAMPLES: Final = 25
_LARGEST: Final = "8 MB"
"""Jupyter's servers take messages of up to 10 MB; a larger file never arrives."""


class TweetsPart(Part):
    """Endpoint and tweet ids.

    Parameters
    ----------
    edit
        Takes a change to the draft.
    namespace
        Gives the names of the notebook, among which data frames are looked for.
    samples
        Gives so many sample ids of an emulator; none on the live API.
    """

    def __init__(
        self,
        edit: Edit,
        namespace: Callable[[], Mapping[str, Any]],
        samples: Callable[[int], list[str]],
    ) -> None:
        super().__init__(edit)
        self._namespace, self._samples = namespace, samples
        self._file: Columns | None = None
        self._problem = ""
        options = [(_ENDPOINTS[name], name) for name in ENDPOINTS]
        self.endpoint = look.labelled(w.Dropdown, "Endpoint", options=options)
        self.endpoint.layout.width = look.STRETCHED
        self.endpoint_words = look.words("ek-endpoint-words")
        self.pasted = look.labelled(
            w.Textarea,
            "Tweet ids",
            rows=6,
            placeholder="ids or tweet URLs, one per line or apart by blanks or commas",
            layout=w.Layout(width=look.STRETCHED),
        )
        self.counts = look.words("ek-counts")
        self.leave_out = look.button("Leave out what is no id")
        self.sample = look.button(f"Take {_SAMPLES} sample tweets of the emulator")
        self._make_file()
        self._make_frame()
        self._hear(self.endpoint, lambda draft, value: replace(draft, endpoint=value))
        self._hear(self.pasted, typed)
        self._click(self.leave_out, without_junk)
        self._click(self.sample, self._sampled)
        self.widget = look.column(
            look.heading("Tweets"),
            self.endpoint,
            self.endpoint_words,
            self.pasted,
            self.counts,
            self.loaded,
            look.row(self.leave_out, self.sample, self.forget),
            look.row(self.upload, self.file_column, self.add_file),
            look.row(self.frame, self.frame_column, self.add_frame, self.look_again),
            self.reading,
        )

    def _make_file(self) -> None:
        self.upload = w.FileUpload(
            description="Ids from a file",
            accept=",".join(KINDS),
            multiple=False,
            tooltip=f"{', '.join(KINDS)}, up to {_LARGEST}; load larger ones as a data frame",
            layout=w.Layout(width="auto"),
        )
        self.file_column = look.labelled(w.Dropdown, "Column of the file", options=())
        self.add_file = look.button("Add this column")
        self.reading, self.loaded = look.words("ek-reading"), look.words("ek-loaded")
        self.forget = look.button("Forget ids that are not in the box")
        self.upload.observe(lambda _: self._try(self._uploaded), names="value")
        self.add_file.on_click(lambda _: self._try(self._add_from_file))
        self._click(self.forget, lambda draft: replace(draft, loaded=()))

    def _make_frame(self) -> None:
        self.frame = look.labelled(w.Dropdown, "Ids from a data frame", options=())
        self.frame_column = look.labelled(w.Dropdown, "Column of the frame", options=())
        self.add_frame = look.button("Add these")
        self.look_again = look.button("Look for data frames")
        self.frame.observe(lambda _: self._try(self._columns_of_frame), names="value")
        self.add_frame.on_click(lambda _: self._try(self._add_from_frame))
        self.look_again.on_click(lambda _: self._try(self._find_frames))
        self._frames: dict[str, tuple[str, ...]] = {}
        self._try(self._find_frames)

    # --- showing --------------------------------------------------------------------------------
    def show(self, seen: Seen) -> None:
        """See `Part`."""
        draft = seen.draft
        self.endpoint.value = draft.endpoint
        most = draft.rules.tweets_per_request.value
        note = f"The API takes {most} tweets at once; more are asked in batches."
        self.endpoint_words.value = look.said([note]) + problems(seen, "endpoint")
        if self.pasted.value != draft.pasted:
            self.pasted.value = draft.pasted
        self.counts.value = look.said([" · ".join(seen.ids.lines)], "status") + problems(
            seen, "tweet_ids"
        )
        seen_if(self.leave_out, bool(seen.ids.junk))
        seen_if(self.sample, not seen.ids.ids and bool(self._samples(1)))
        self.loaded.value = look.said(origins(draft))
        seen_if(self.forget, bool(draft.loaded))
        self._show_choosers()

    def _say(self, problem: str = "") -> None:
        """Say what went wrong, until the next file, addition or look for frames."""
        self._problem = problem
        self._show_choosers()

    def _show_choosers(self) -> None:
        """Show what may be chosen from, and what went wrong."""
        hint = (
            f"{self._file.source}: choose the column with the ids, then add it"
            if self._file
            else ""
        )
        self.reading.value = look.said([hint]) + look.said([self._problem], "problem")
        for one in (self.file_column, self.add_file):
            seen_if(one, self._file is not None)
        for one in (self.frame, self.frame_column, self.add_frame):
            seen_if(one, bool(self._frames))

    def _try(self, do: Callable[[], None]) -> None:
        carefully(do, self._say)

    # --- from elsewhere -------------------------------------------------------------------------
    def _sampled(self, draft: Draft) -> Draft:
        return replace(draft, pasted="\n".join(self._samples(_SAMPLES)))

    def _uploaded(self) -> None:
        """Read the file that was chosen, and offer its columns."""
        if not self.upload.value:
            return
        one, problem = self.upload.value[0], ""
        try:
            self._file = columns_of(one["name"], bytes(one["content"]))
        except EngagementError as error:
            self._file, problem = None, str(error)
        else:
            options = [(name, name) for name in self._file.values]
            offer(self.file_column, options, self._file.guess)
        self.upload.value = ()  # else the same file could not be chosen again
        self._say(problem)

    def _add_from_file(self) -> None:
        file, column = self._file, self.file_column.value
        if file is None or column not in file.values:
            return
        part = load(file.values[column], f"column {column!r} of {file.source}")
        self._file = None
        self._say()
        self._tell(lambda draft: replace(draft, loaded=(*draft.loaded, part)))

    def _find_frames(self) -> None:
        self._frames = frames.frames_in(self._namespace())
        names = [(name, name) for name in self._frames]
        offer(self.frame, names, names[0][1] if names else None)
        self._columns_of_frame()
        self._say()

    def _columns_of_frame(self) -> None:
        columns = self._frames.get(self.frame.value or "", ())
        offer(
            self.frame_column, [(name, name) for name in columns], columns[0] if columns else None
        )

    def _add_from_frame(self) -> None:
        name, column = self.frame.value, self.frame_column.value
        frame = self._namespace().get(name)
        try:
            part = load(frames.column_of(frame, column), f"{name}[{column!r}]")
        except LookupError:
            self._say(f"{name}[{column!r}] is not there any more")
            return
        self._say()
        self._tell(lambda draft: replace(draft, loaded=(*draft.loaded, part)))
