"""The anchor of the typing benchmarks: forty fields in urwid."""

from __future__ import annotations

import urwid


def main() -> None:
    """Run until the line is closed."""
    edits = [urwid.AttrMap(urwid.Edit(f"Field {number:<3} "), None) for number in range(1, 41)]
    walker = urwid.SimpleFocusListWalker(edits)
    listbox = urwid.ListBox(walker)
    frame = urwid.Frame(listbox, urwid.Text("REQUEST"), urwid.Text("===> READY"))

    def other_key(key: object) -> None:
        if key == "tab":
            walker.set_focus((walker.focus + 1) % len(edits))

    urwid.MainLoop(frame, unhandled_input=other_key, handle_mouse=False).run()


if __name__ == "__main__":
    main()
