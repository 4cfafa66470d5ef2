"""Filing a form and leaving it: refusals, reasons, the next record, and the draft that keeps what was keyed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rules.dates import Unclear
from rules.findings import Told
from rules.text import cells
from tui.field import Entry, parse
from tui.screen import Filed, Kind, Refused

if TYPE_CHECKING:
    from tui.form import FormView

RAW = "|"  # in a draft's focus: what stands after it was keyed and not yet taken in


class Filing:
    """Files the record of ``form``."""

    def __init__(self, form: FormView) -> None:
        self.form = form
        self.overridable = False  # the last refusal passes with a reason, as long as nothing is changed

    async def file(self, reason: str = "") -> None:
        form, shell = self.form, self.form.shell
        if form.opened.locked:
            shell.fail(form.opened.locked)
        elif form.face.wrong:
            path, sentence = next(iter(form.face.wrong.items()))
            form.enter(path, quiet=True)
            shell.fail(sentence)
        elif self.overridable and not reason:
            shell.ask("Why is it filed as it is?", self._file_with)
        else:
            try:
                answer = await shell.call(form.screen.file, dict(form.record.values), reason)
            except Told as error:
                if not error.findings:
                    raise
                answer = Refused(error.findings)
            await (self._refused(answer) if isinstance(answer, Refused) else self._filed(answer))

    async def _file_with(self, reason: str) -> None:
        if reason.strip():
            await self.file(reason.strip())
        else:
            self.form.shell.fail("NOT FILED. A reason is needed.")

    async def _refused(self, refused: Refused) -> None:
        form = self.form
        form.take_findings(refused.findings)
        self.overridable = refused.overridable
        form.record.forget_secrets()
        paths = form.face.layout.by_path
        first = next((finding for finding in refused.findings if finding.field in paths), None)
        if first:
            form.enter(first.field, quiet=True)
        about = first or next(iter(refused.findings), None)
        sentence = (
            f"{about.code} {form.lists.where(about)}{about.message}" if about else "The record was refused."
        )
        if form.screen.scratch and about:  # nothing was to be filed: a sign-on, a search
            form.shell.fail(about.message)
            return
        more = f" ({len(refused.findings) - 1} more: Ctrl+E)" if len(refused.findings) > 1 else ""
        if refused.overridable and about:
            more = f" (+{len(refused.findings) - 1})" if len(refused.findings) > 1 else ""
            sentence = f"{form.lists.where(about)}{about.message}"
        again = " F2 again files it." if refused.overridable else ""
        told = f"NOT FILED. {sentence}{more}{again}"
        if again and cells(told) > form.shell.width - 2:  # what to do is not cut off
            told = f"NOT FILED.{again} {sentence}{more}"
        form.shell.fail(told)

    async def _filed(self, filed: Filed) -> None:
        form, shell = self.form, self.form.shell
        form.record.changed = False
        form.record.forget_secrets()
        shell.previous[form.kind] = form.record.keepable()
        shell.remember(form.screen)
        shell.habits = filed.habits or shell.habits
        if filed.session is not None:
            await shell.sign_on(filed.session, filed.go)
        elif filed.go or (form.screen.queue and not filed.next):
            await shell.drop(form)
            if filed.go.upper() not in ("", "EXIT"):
                await shell.return_to(filed.go)
        else:
            await form.start(filed.next)
        shell.say(filed.message)

    async def new(self) -> None:
        """F6: a new record; what was keyed here stays as a draft."""
        if not await self.form.settle():
            return
        if self.unsaved():
            text = "Not filed. Keep the draft and go on to a new record? Y or N"
            self.form.shell.ask(text, self._new_if, "YN")
        else:
            await self.form.start("")

    async def _new_if(self, answer: str) -> None:
        if answer == "Y":
            await self.form.start("")

    def unsaved(self) -> bool:
        form = self.form
        return not (form.screen.scratch or form.opened.locked) and (form.record.changed or self._in_hand())

    def _in_hand(self) -> bool:
        """Whether the field in hand holds something that was keyed and not yet taken in."""
        form = self.form
        return form.entry.text != form.shown_at_entry and (
            not form.entry.fresh or form.focus in form.face.wrong
        )

    def save(self) -> None:
        """Keep the record with what is in hand in its draft. Runs on the database thread."""
        form = self.form
        if not self.unsaved():
            return
        values, focus, spot = form.record.keepable(), form.focus, form.spot
        if spot and self._in_hand() and spot.field.kind is not Kind.SECRET:
            text = form.entry.text
            value = parse(spot.field, text, form.shell.now(), values)
            if isinstance(value, Unclear) or text[:1] in ("^", "@", "?") or spot.field.lookup:
                focus = f"{focus}{RAW}{text}"
            else:
                values[spot.path] = value
        form.screen.save_draft({path: value for path, value in values.items() if value}, focus)

    def bring_back(self, focus: str) -> None:
        """The cursor where a draft was left, and what was in hand there."""
        form = self.form
        path, _, raw = focus.partition(RAW)
        form.enter(path if path in form.face.layout.by_path else form.first_wanted(), quiet=True)
        if raw and form.focus == path:
            form.entry = Entry(raw, len(raw), fresh=False)
            form.face.dirty(path)
