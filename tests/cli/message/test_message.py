"""`faultline message`: what is told, in the words of a file, or why the file is refused."""

from __future__ import annotations

from pathlib import Path

import orjson

from tests.worlds.storms import faultline


def test_a_preview_says_all_messages_or_those_of_a_topic(tmp_path: Path) -> None:
    words = tmp_path / "words.toml"
    words.write_text('[[languages]]\nlanguage = "en"\n[languages.channels.sms]\nrestored = "On since {{ since }} ✓"\n')
    shown = faultline("message", "preview", "--words", words, "--language", "en", "--channel", "sms", "--json")
    assert shown.returncode == 0, shown.stderr
    lines = [orjson.loads(line) for line in shown.stdout.splitlines()]
    assert {"still_out", "unknown", "planned"} < {line["code"] for line in lines}
    assert [line for line in lines if line["code"] == "restored"] == [
        {"language": "en", "channel": "sms", "code": "restored", "text": "On since 18:04 ✓", "parts": 1}
    ]
    records = tmp_path / "records.jsonl"
    told = {"message_code": "restored", "as_of": "2026-07-02T00:00:00.000Z"}
    since = {"message_parameters": {"since": "2026-07-01T22:00:00.000Z"}}
    held: dict[str, object] = {"message_code": None, "message_parameters": {}}
    records.write_bytes(b"\n".join(map(orjson.dumps, [told | since, told | held])))
    shown = faultline("message", "preview", "--records", records, "--language", "de", "--channel", "voice")
    assert shown.stdout.split(maxsplit=3)[3].strip() == "Ihr Strom ist seit 01.07.2026 22:00 wieder da."
    assert "restored" in faultline("message", "codes").stdout


def test_every_fault_is_told(tmp_path: Path) -> None:
    words = tmp_path / "words.toml"
    words.write_text('[[languages]]\nlanguage = "en"\n[languages.text]\nrestored = "{{ a }}"\ncancelled = "{{ b }}"\n')
    refused = faultline("message", "preview", "--words", words)
    assert refused.returncode == 2
    assert "text.restored" in refused.stderr
    assert "text.cancelled" in refused.stderr
    refused = faultline("message", "preview", "--channel", "fax", "--code", "gone")
    assert refused.returncode == 2
    assert "fax" in refused.stderr
    assert "gone" in refused.stderr
    refused = faultline("message", "preview", "--language", "xx", "--language", "zz-Latn", "--language", "de-CH")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.count("has no words; give one of ") == 2
    records = tmp_path / "records.jsonl"
    told: dict[str, object] = {"message_parameters": {"since": "2026-07-01T22:00:00.000Z"}}
    told |= {"as_of": "2026-07-02T00:00:00.000Z"}
    for code, words_of_it in (
        ("restored", "no customer there is told any of planned"),
        ("gone", "line 1: message_code gone"),
    ):
        records.write_bytes(orjson.dumps(told | {"message_code": code}))
        refused = faultline("message", "preview", "--records", records, "--code", "planned")
        assert refused.returncode == 2
        assert words_of_it in refused.stderr
