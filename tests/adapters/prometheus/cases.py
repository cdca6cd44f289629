"""For each alert, series under which it fires, and series near them under which it is quiet."""

from __future__ import annotations

from typing import NamedTuple

Series = dict[str, str]
INGEST, OUTAGES = 'job="faultline-ingest",instance="i:1"', 'job="faultline-outages",instance="o:1"'
CONNECTOR = 'job="faultline-connector",instance="c:1",pod="north-0"'

CANARY = 'job="faultline-canary",instance="y:1"'


class Case(NamedTuple):
    firing: Series
    quiet: Series
    samples: int = 60
    minutes: int = 1
    """Between two samples."""


HEALTHY: Series = {
    f"up{{{INGEST}}}": "1x{n}",
    f"up{{{OUTAGES}}}": "1x{n}",
    f"up{{{CONNECTOR}}}": "1x{n}",
    f"up{{{CANARY}}}": "1x{n}",
    f'faultline_canary_success_age_seconds{{{CANARY},partition="0"}}': "600x{n}",
    f'faultline_canary_outages_total{{{CANARY},outcome="right"}}': "0+1x{n}",
    f'faultline_canary_outages_total{{{CANARY},outcome="wrong"}}': "0x{n}",
    f'faultline_canary_outages_total{{{CANARY},outcome="missed"}}': "0x{n}",
    f'faultline_canary_publication_seconds_bucket{{{CANARY},le="60.0"}}': "0+1x{n}",
    f'faultline_canary_publication_seconds_bucket{{{CANARY},le="+Inf"}}': "0+1x{n}",
    f'faultline_broker_errors_total{{{INGEST},kind="all_down"}}': "0x{n}",
    f'faultline_written_bytes_total{{{INGEST},topic="grid.evidence.log.v1"}}': "0+600x{n}",
    f'faultline_watermark_lag_seconds{{{OUTAGES},topic="ami.meter.events.v1",partition="0"}}': "1x{n}",
    f'faultline_origin_left_out{{{OUTAGES},topic="ami.meter.events.v1",partition="0"}}': "0x{n}",
    f"faultline_end_to_end_delay_seconds_count{{{OUTAGES}}}": "0+10x{n}",
    f'faultline_end_to_end_delay_seconds_bucket{{{OUTAGES},le="60.0"}}': "0+10x{n}",
    f"faultline_quarantined_zones{{{OUTAGES}}}": "0x{n}",
    f"faultline_clock_standing_seconds{{{OUTAGES}}}": "0x{n}",
    f'faultline_evidence_silence_seconds{{{OUTAGES},partition="0"}}': "1x{n}",
    f"faultline_epoch_age_seconds{{{OUTAGES}}}": "5x{n}",
    f"process_start_time_seconds{{{OUTAGES}}}": "100x{n}",
    f'faultline_messages_read_total{{{INGEST},topic="ami.meter.events.v1",outcome="used"}}': "0+1000x{n}",
    f'faultline_dead_letters_total{{{INGEST},topic="ami.meter.events.v1",disposition="schema"}}': "0+5x{n}",
    f'faultline_evidence_rows_total{{{OUTAGES},topic="ami.meter.events.v1"}}': "0+1000x{n}",
    f'faultline_clocks_corrected_total{{{OUTAGES},topic="ami.meter.events.v1",reason="arrival"}}': "0+10x{n}",
    f'faultline_build_info{{{OUTAGES},flow="outages",version="1",network_version="n"}}': "1x{n}",
    f'faultline_connector_state{{{CONNECTOR},link="ems",state="connected"}}': "1x{n}",
    f'faultline_connector_state{{{CONNECTOR},link="ems",state="lost"}}': "0x{n}",
    f'faultline_connector_state{{{CONNECTOR},link="ems",state="degraded"}}': "0x{n}",
    f'faultline_connector_events_total{{{CONNECTOR},event="queue_overflow"}}': "0x{n}",
    f'faultline_connector_points_missing{{{CONNECTOR},link="ems"}}': "0x{n}",
    f'faultline_connector_certificate_seconds{{{CONNECTOR},link="ems"}}': "9999999x{n}",
}
"""All is well: `{n}` is the number of samples."""

LAG, COUNT, IN_TIME = (name for name in HEALTHY if "lag_seconds" in name or "end_to_end" in name)
LETTERS = next(name for name in HEALTHY if "dead_letters" in name)
REFUSED = f'faultline_messages_read_total{{{INGEST},topic="ami.meter.events.v1",outcome="refused"}}'
STILL = f"faultline_epoch_age_seconds{{{INGEST}}}"
BYTES = f'faultline_written_bytes_total{{{INGEST},topic="grid.evidence.log.v1"}}'
START = f"process_start_time_seconds{{{OUTAGES}}}"
SECOND = 'job="faultline-outages",instance="o:2"'


def state(name: str) -> str:
    return f'faultline_connector_state{{{CONNECTOR},link="ems",state="{name}"}}'


CASES: dict[str, Case] = {
    # Ten of sixty minutes stale are 17 %; a restart is three of them.
    "FaultlinePictureStale": Case({LAG: "1x405 300x15"}, {LAG: "1x415 300x2 1x2"}, 420),
    "FaultlinePictureStaleSlowly": Case({LAG: "1x975 300x45 1x50 300x10"}, {LAG: "1x1050 300x2 1x30"}, 1080, 4),
    "FaultlineDetectionLate": Case(
        {IN_TIME: "0+10x30 300+2x30"},
        # One late of few: not enough revisions for a trend.
        {COUNT: "0x30 0+1x30", IN_TIME: "0x60"},
    ),
    "FaultlineDetectionLateSlowly": Case({IN_TIME: "0+9.8x{n}"}, {IN_TIME: "0+9.95x{n}"}, 1080, 4),
    "FaultlineWatchdog": Case({}, {}),
    "FaultlineAbsent": Case({f"up{{{INGEST}}}": "1x50 0x10"}, {f"up{{{INGEST}}}": "1x57 0x1 1x2"}),
    "FaultlineProcessDown": Case(
        {f"up{{{SECOND}}}": "1x50 0x10"},
        {f"up{{{SECOND}}}": "1x50 0x4 1x6"},
    ),
    "FaultlineKafkaDown": Case(
        {
            f'faultline_broker_errors_total{{{INGEST},kind="all_down"}}': "0x40 1x3 _x17",
            f'faultline_written_bytes_total{{{INGEST},topic="grid.evidence.log.v1"}}': "0+600x40 24000x3 _x17",
        },
        {f'faultline_broker_errors_total{{{INGEST},kind="all_down"}}': "0x40 1x20"},
    ),
    "FaultlineRestarting": Case({START: "100x40 200x5 300x5 400x10"}, {START: "100x40 200x20"}),
    "FaultlineDeliveryFailing": Case(
        {STILL: "5x50 0+60x10", BYTES: "0+600x50 30000x10"},
        # It waits for something else: what it writes is acknowledged.
        {STILL: "5x50 0+60x10"},
    ),
    "FaultlineSnapshotsLate": Case(
        {f"faultline_epoch_age_seconds{{{OUTAGES}}}": "5x50 0+60x10"},
        {f"faultline_epoch_age_seconds{{{OUTAGES}}}": "5x50 100x1 5x10"},
    ),
    "FaultlineVersionsDiffer": Case(
        {f'faultline_build_info{{{SECOND},flow="outages",version="2",network_version="n"}}': "1x{n}"},
        {f'faultline_build_info{{{SECOND},flow="outages",version="1",network_version="n"}}': "1x{n}"},
        70,
    ),
    "FaultlineZonesSetAside": Case(
        {f"faultline_quarantined_zones{{{OUTAGES}}}": "0x55 2x5"},
        {f"faultline_quarantined_zones{{{OUTAGES}}}": "2x55 0x5"},
    ),
    "FaultlineClockStands": Case(
        {f"faultline_clock_standing_seconds{{{OUTAGES}}}": "0x50 0+60x10"},
        {f"faultline_clock_standing_seconds{{{OUTAGES}}}": "0x50 50x10"},
    ),
    "FaultlineEvidenceSilent": Case(
        {f'faultline_evidence_silence_seconds{{{OUTAGES},partition="0"}}': "1x50 0+60x10"},
        {f'faultline_evidence_silence_seconds{{{OUTAGES},partition="0"}}': "1x50 40x10"},
    ),
    "FaultlineOriginLeftOut": Case(
        {f'faultline_origin_left_out{{{OUTAGES},topic="ami.meter.events.v1",partition="1"}}': "0x50 1x10"},
        {f'faultline_origin_left_out{{{OUTAGES},topic="ami.meter.events.v1",partition="1"}}': "0x50 1x2 0x8"},
    ),
    "FaultlineRecordsRefused": Case(
        {LETTERS: "0+500x{n}", REFUSED: "0+500x{n}"},
        # Half of six records says nothing.
        {
            LETTERS: "0+0.1x{n}",
            REFUSED: "0+0.1x{n}",
            f'faultline_messages_read_total{{{INGEST},topic="ami.meter.events.v1",outcome="used"}}': "0+0.1x{n}",
        },
    ),
    "FaultlineSomeRecordsRefused": Case({LETTERS: "0+50x{n}", REFUSED: "0+50x{n}"}, {LETTERS: "0+9x{n}"}),
    "FaultlineForeignRecords": Case(
        {f'faultline_messages_read_total{{{OUTAGES},topic="grid.evidence.log.v1",outcome="foreign"}}': "0x55 1x5"},
        {f'faultline_messages_read_total{{{OUTAGES},topic="grid.evidence.log.v1",outcome="foreign"}}': "1x60"},
    ),
    "FaultlineClocksWrong": Case(
        {f'faultline_clocks_corrected_total{{{OUTAGES},topic="ami.meter.events.v1",reason="arrival"}}': "0+80x{n}"},
        {f'faultline_clocks_corrected_total{{{OUTAGES},topic="ami.meter.events.v1",reason="arrival"}}': "0+40x{n}"},
        90,
    ),
    "FaultlineCanaryMissed": Case(
        {f'faultline_canary_success_age_seconds{{{CANARY},partition="0"}}': "600x40 3700x20"},
        {f'faultline_canary_success_age_seconds{{{CANARY},partition="0"}}': "600x40 3700x2 10x18"},
    ),
    "FaultlineCanaryLate": Case(
        {f'faultline_canary_publication_seconds_bucket{{{CANARY},le="60.0"}}': "0x{n}"},
        {f'faultline_canary_publication_seconds_bucket{{{CANARY},le="60.0"}}': "0x20 0+1x40"},
    ),
    "FaultlineCanaryWrong": Case(
        {f'faultline_canary_outages_total{{{CANARY},outcome="wrong"}}': "0x10 0+1x50"},
        {f'faultline_canary_outages_total{{{CANARY},outcome="missed"}}': "0x55 0+1x5"},
    ),
    "FaultlineCanaryAbsent": Case({f"up{{{CANARY}}}": "1x30 0x30"}, {f"up{{{CANARY}}}": "1x30 0x10 1x20"}),
    "FaultlineConnectorAbsent": Case({f"up{{{CONNECTOR}}}": "1x40 _x20"}, {f"up{{{CONNECTOR}}}": "1x40 _x3 1x17"}),
    "FaultlineLinkLost": Case({state("lost"): "0x50 1x10"}, {state("lost"): "0x50 1x1 0x9"}),
    "FaultlineLinkDegraded": Case({state("degraded"): "0x20 1x40"}, {state("degraded"): "0x40 1x20"}),
    "FaultlineValuesLost": Case(
        {f'faultline_connector_events_total{{{CONNECTOR},event="queue_overflow"}}': "0x55 9x5"},
        {f'faultline_connector_events_total{{{CONNECTOR},event="value"}}': "0x55 9x5"},
    ),
    "FaultlinePointsMissing": Case(
        {f'faultline_connector_points_missing{{{CONNECTOR},link="ems"}}': "0x20 3x40"},
        {f'faultline_connector_points_missing{{{CONNECTOR},link="ems"}}': "0x40 3x20"},
    ),
    "FaultlineCertificateEnds": Case(
        {f'faultline_connector_certificate_seconds{{{CONNECTOR},link="ems"}}': "1000000x{n}"},
        {f'faultline_connector_certificate_seconds{{{CONNECTOR},link="ems"}}': "1300000x{n}"},
        90,
    ),
    "FaultlineCertificateEndsNow": Case(
        {f'faultline_connector_certificate_seconds{{{CONNECTOR},link="ems"}}': "100000x{n}"},
        {f'faultline_connector_certificate_seconds{{{CONNECTOR},link="ems"}}': "200000x{n}"},
    ),
}
