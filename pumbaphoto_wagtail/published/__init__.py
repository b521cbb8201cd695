"""Pictures that the web server sends without asking: those that everybody may see.

``names`` says where each of them is, ``everybody`` which they are, ``settling`` lets the tree on
the storage agree with that, and ``triggers`` looks after whatever may change it.

The database decides who may see what; the tree only follows. The order of things:

* *Given*: the gallery's row says that its pictures are published before the first of them is
  there, since addresses that find nothing are asked of the site. While somebody changes a folder a
  note of it lies in the tree, written before the first change. At the end who may see what is asked
  once more, and only if nothing has changed is the folder sealed: whoever took something back in
  between either met what was added and took it out, or is met by that last question.
* *Taken back*: the folder is renamed out of the tree, or names out of it, durably, before the row
  forgets that anything is published, and before anything is deleted.
* *Killed* on the way: a folder whose note lies there, or whose seal is not what the database would
  say now, is settled anew by ``reconcile``; one that nobody may see goes, whatever any row says.
"""

from __future__ import annotations

from .names import DIGEST_LENGTH, EXTENSIONS, TIERS, picture_name
from .settling import is_on, reconcile, settle, settle_all, storage_aliases
from .triggers import changed, connect

__all__ = [
    "DIGEST_LENGTH",
    "EXTENSIONS",
    "TIERS",
    "changed",
    "connect",
    "is_on",
    "picture_name",
    "reconcile",
    "settle",
    "settle_all",
    "storage_aliases",
]
