"""A ministry's client: refers a patient and waits for the hub's answer.

python ministry.py ADDRESS CA CERTIFICATE KEY PLACER_NUMBER [CURSOR]
"""

import json
import sys
import uuid

import grpc
from carehub.intake.v1 import case_feed_pb2, patient_pb2, referral_pb2, referral_service_pb2
from carehub.intake.v1.case_events_pb2 import PRIORITY_URGENT
from carehub.intake.v1.referral_service_pb2_grpc import ReferralServiceStub
from carehub.type.v1.actor_pb2 import Actor
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2, status_pb2
from google.type.date_pb2 import Date

CALL_SECONDS = 10
WAIT_SECONDS = 20
PULLS_MAX = 180  # An hour.
ANSWERS = {"referral_accepted", "referral_returned", "referral_rejected", "referral_redirected", "case_closed"}
# Safe, because a request_id is honoured once: what arrived before the connection broke is not done twice.
RETRY = {
    "methodConfig": [{
        "name": [{}],
        "retryPolicy": {
            "maxAttempts": 4, "initialBackoff": "0.5s", "maxBackoff": "5s", "backoffMultiplier": 2,
            "retryableStatusCodes": ["UNAVAILABLE"],
        },
    }]
}


def main(address, ca, certificate, key, placer_number, cursor=""):
    # Who calls is whom the certificate names; there is no user name and no token.
    credentials = grpc.ssl_channel_credentials(read(ca), read(key), read(certificate))
    options = [("grpc.service_config", json.dumps(RETRY))]
    with grpc.secure_channel(address, credentials, options=options) as channel:
        referrals = ReferralServiceStub(channel)
        try:
            response = referrals.SubmitReferral(a_referral(placer_number), timeout=CALL_SECONDS)
            name = response.referral.name
            print(f"referral {name}", flush=True)
            follow(referrals, name, cursor)
        except grpc.RpcError as error:
            print_error(error)
            sys.exit(1)


def a_referral(placer_number):
    return referral_service_pb2.SubmitReferralRequest(
        request_id=str(uuid.uuid4()),  # Store it before the call, to repeat the call after a crash.
        actor=Actor(reference="coordinator-1", role="referral-coordinator"),
        placer_number=placer_number,
        hub="hubs/umc-heart",
        programme="heart-surgery",
        diagnosis_code="Q21.3",
        priority=PRIORITY_URGENT,
        identity=patient_pb2.PatientIdentity(
            family_name="Example",
            given_names="Python",
            birth_date=Date(year=2022, month=11, day=20),
            sex=patient_pb2.SEX_FEMALE,
            document=patient_pb2.IdentityDocument(
                country="UZ",
                kind=patient_pb2.IdentityDocument.KIND_BIRTH_CERTIFICATE,
                number=placer_number,  # Invented: a patient of its own for each run.
            ),
        ),
        citizenship="UZ",
        residence_country="UZ",
        residence_region="UZ-QR",
        clinical_summary="Cyanotic spells, oxygen saturation 78 %.",
        consent=referral_pb2.Consent(reference="CONSENT-1", date=Date(year=2026, month=1, day=4)),
    )


def follow(referrals, name, cursor):
    """Reads the ministry's feed until the hub's answer on one referral is heard."""
    for _ in range(PULLS_MAX):
        request = case_feed_pb2.PullCaseEventsRequest(cursor=cursor, max_wait=Duration(seconds=WAIT_SECONDS))
        page = referrals.PullCaseEvents(request, timeout=WAIT_SECONDS + CALL_SECONDS)
        for entry in page.entries:
            kind = entry.event.WhichOneof("event")  # None: of a newer platform than this client.
            if entry.event.referral != name or kind is None:
                continue
            print(f"heard {kind} of {entry.caller}", flush=True)
            if kind in ANSWERS:
                print(f"answer {kind} {entry.reason}".rstrip())
                print(f"trace {entry.trace_id}")
                print(f"cursor {entry.cursor}")
                return
        cursor = page.next_cursor  # Store it with what was made of the entries.
    sys.exit(f"no answer after {PULLS_MAX} pulls; go on from cursor {cursor}")


def print_error(error):
    """Programs decide by the reason; people who ask the operator name the trace."""
    print(f"error {error.code().name}: {error.details()}", file=sys.stderr)
    trailers = dict(error.trailing_metadata() or ())
    status = status_pb2.Status.FromString(trailers.get("grpc-status-details-bin", b""))
    for detail in status.details:
        if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            info = error_details_pb2.ErrorInfo.FromString(detail.value)
            print(f"reason {info.reason} of {info.domain}", file=sys.stderr)
            for key, value in sorted(info.metadata.items()):
                print(f"  {key}: {value}", file=sys.stderr)
        elif detail.Is(error_details_pb2.RequestInfo.DESCRIPTOR):
            trace = error_details_pb2.RequestInfo.FromString(detail.value)
            print(f"trace {trace.request_id}", file=sys.stderr)


def read(file):
    with open(file, "rb") as opened:
        return opened.read()


if __name__ == "__main__":
    if not 6 <= len(sys.argv) <= 7:
        sys.exit(__doc__)
    main(*sys.argv[1:])
