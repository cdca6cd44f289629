"""NodeIds with the URI of their namespace (OPC 10000-6, 5.3.1.10): numbers of namespaces change with each reload."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asyncua import ua
from asyncua.ua.uaerrors import UaStringParsingError

if TYPE_CHECKING:
    from collections.abc import Sequence

OPC_UA: Final = "http://opcfoundation.org/UA/"
_PREFIX: Final = "nsu="


def node_id_fault(text: str) -> str | None:
    """Say what is wrong with a NodeId of the mapping; None if nothing is."""
    if text.startswith("ns="):
        return "names its namespace by number, which changes when a server reloads; write nsu=<URI>;s=<name>"
    if not text.startswith(_PREFIX) and not text.startswith("i="):
        return "is no NodeId; write nsu=<URI>;s=<name> (or ;i=<number>, ;g=<GUID>, ;b=<base64>)"
    uri, _, rest = text.removeprefix(_PREFIX).partition(";") if text.startswith(_PREFIX) else (OPC_UA, "", text)
    if not uri or not rest:
        return "has no namespace or no name; write nsu=<URI>;s=<name>"
    try:
        ua.NodeId.from_string(rest)
    except (UaStringParsingError, ValueError, TypeError):
        return f"has no identifier that can be read ({rest[:40]!r}); write ;s=<name>, ;i=<number> or ;g=<GUID>"
    return None


def to_node_id(text: str, namespaces: Sequence[str]) -> ua.NodeId | None:
    """Give the NodeId as a server with these namespaces knows it; None where it has no such namespace."""
    if not text.startswith(_PREFIX):
        return ua.NodeId.from_string(text)
    uri, _, rest = text.removeprefix(_PREFIX).partition(";")
    uri = uri.replace("%3B", ";").replace("%25", "%")
    if uri not in namespaces:
        return None
    return ua.NodeId.from_string(f"ns={namespaces.index(uri)};{rest}")


def to_text(node_id: ua.NodeId, namespaces: Sequence[str]) -> str:
    """Write a NodeId with the URI of its namespace; one that the server does not name has its number."""
    place = int(node_id.NamespaceIndex)
    plain = node_id.to_string().split(";")
    identifier = ";".join(part for part in plain if not part.startswith(("ns=", "nsu=", "srv=")))
    if place >= len(namespaces):
        return f"ns={place};{identifier}"
    uri = namespaces[place].replace("%", "%25").replace(";", "%3B")
    return f"{_PREFIX}{uri};{identifier}"
