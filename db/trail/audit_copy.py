"""Where a second copy of the anchors is kept: as far from this host's administrators as the site can manage."""

from __future__ import annotations

import time
from pathlib import Path

from db import store
from db.actors import Action, Actor
from db.acts import act
from db.connect import StoreError
from db.schema.store import Setting
from db.trail import anchors
from db.trail.audit import ANCHOR_NAME, COPY_SETTING


def set_anchor_copy(actor: Actor, directory: Path | None) -> None:
    """Write every anchor line to ``directory`` too, from now on; None ends it. Raises ``StoreError``."""
    here = store.current()
    value = str(directory.absolute()) if directory else ""
    if directory and not directory.is_dir():
        raise StoreError(
            f"There is no directory {directory}: make it, where this account may only add to it."
        )
    with act(actor, Action.ADMINISTER_KEYS, kind="anchor copy", record=value) as done:
        done.changed({"directory": store.setting(COPY_SETTING)}, {"directory": value})
        Setting.delete().where(Setting.name == COPY_SETTING).execute()
        Setting.create(
            name=COPY_SETTING, from_day=1, value=value, set_by=actor.user, set_utc=int(time.time())
        )
        if directory:
            seq, mac = here.trail.head()
            try:
                anchors.append(
                    directory / ANCHOR_NAME, anchors.signed(seq, mac, here.trail.anchor_key(seq)), sync=True
                )
            except OSError as error:
                raise StoreError(f"{directory} takes no anchor line ({error.strerror}).") from error
    here.trail.anchor(*here.trail.head(), sync=True)
