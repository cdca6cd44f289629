"""The rules of section 3.2.3: pictures, sounds and texts that come with a message."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import TYPE_CHECKING, Final

from models.alerts.findings import Broken, Rule
from models.alerts.values import ABSOLUTE, INTEGER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.alerts.element import Element

MIME_TYPE: Final = Rule("mime-type", "3.2.3 mimeType", "A MIME type is type/subtype, as in RFC 2046.")
SIZE_NEGATIVE: Final = Rule("size-negative", "3.2.3 size", "A size is a number of bytes.")
URI_ABSOLUTE: Final = Rule(
    "uri-absolute", "3.2.3 uri", "`uri` is a full, absolute URI; beside `derefUri` it may be relative."
)
DEREF_BASE64: Final = Rule("deref-base64", "3.2.3 derefUri", "`derefUri` holds the content in base 64.")
DIGEST_FORM: Final = Rule("digest-form", "3.2.3 digest", "A digest is the SHA-1 of the content: 40 hexadecimal digits.")
DIGEST_CONTENT: Final = Rule("digest-content", "3.2.3 digest", "The digest is that of the content in `derefUri`.")
RESOURCE_NOWHERE: Final = Rule("resource-nowhere", "beyond", "A resource has a `uri` or a `derefUri`.", advice=True)
RULES: Final = (*(MIME_TYPE, SIZE_NEGATIVE, URI_ABSOLUTE, DEREF_BASE64, DIGEST_FORM, DIGEST_CONTENT, RESOURCE_NOWHERE),)

_NAME: Final = r"[A-Za-z0-9!#$&^_.+-]+"
_MIME: Final = re.compile(rf"{_NAME}/{_NAME}(?:\s*;.*)?", re.DOTALL)


def resource_faults(alert: Element) -> Iterator[Broken]:
    """Find what section 3.2.3 forbids."""
    for info in alert.all("info"):
        for resource in info.all("resource"):
            yield from _description(resource)
            yield from _content(resource)


def _description(resource: Element) -> Iterator[Broken]:
    kind, size, uri = resource.first("mimeType"), resource.first("size"), resource.first("uri")
    if kind is not None and kind.stripped and not _MIME.fullmatch(kind.stripped):
        yield Broken(MIME_TYPE, kind, f"{kind.text!r} is no MIME type; write type/subtype, as in image/png")
    if size is not None and INTEGER.fullmatch(size.stripped) and size.stripped.startswith("-"):
        yield Broken(SIZE_NEGATIVE, size, f"is {size.stripped}; a size in bytes is not negative")
    if uri is None and resource.first("derefUri") is None:
        yield Broken(RESOURCE_NOWHERE, resource, "has neither <uri> nor <derefUri>: nobody can have it")
    if uri is not None and resource.first("derefUri") is None and not ABSOLUTE.fullmatch(uri.stripped):
        yield Broken(URI_ABSOLUTE, uri, f"{uri.text!r} is no absolute URI; begin with https:// or another scheme")


def _content(resource: Element) -> Iterator[Broken]:
    digest, held = resource.first("digest"), resource.first("derefUri")
    if digest is not None and not re.fullmatch(r"[0-9A-Fa-f]{40}", digest.stripped):
        yield Broken(DIGEST_FORM, digest, f"{digest.text[:60]!r} is no SHA-1; write 40 hexadecimal digits")
    if held is None:
        return
    try:
        content = base64.b64decode("".join(held.text.split()), validate=True)
    except (binascii.Error, ValueError):
        yield Broken(DEREF_BASE64, held, "is not in base 64")
        return
    if digest is not None and len(digest.stripped) == 40:
        actual = hashlib.sha1(content, usedforsecurity=False).hexdigest()
        if digest.stripped.lower() != actual:
            yield Broken(DIGEST_CONTENT, digest, f"is not that of the content, {actual}: the content was changed")
