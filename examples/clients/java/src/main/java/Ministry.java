import com.google.protobuf.Duration;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RequestInfo;
import com.google.type.Date;
import example.carehub.intake.v1.CaseEvent.EventCase;
import example.carehub.intake.v1.Consent;
import example.carehub.intake.v1.IdentityDocument;
import example.carehub.intake.v1.PatientIdentity;
import example.carehub.intake.v1.Priority;
import example.carehub.intake.v1.PullCaseEventsRequest;
import example.carehub.intake.v1.ReferralServiceGrpc;
import example.carehub.intake.v1.ReferralServiceGrpc.ReferralServiceBlockingStub;
import example.carehub.intake.v1.Sex;
import example.carehub.intake.v1.SubmitReferralRequest;
import example.carehub.type.v1.Actor;
import io.grpc.Grpc;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.protobuf.StatusProto;
import java.io.File;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** A ministry's client: refers a patient and waits for the hub's answer. */
public final class Ministry {
    private static final int CALL_SECONDS = 10;
    private static final int WAIT_SECONDS = 20;
    private static final int PULLS_MAX = 180; // An hour.
    private static final Set<EventCase> ANSWERS = Set.of(EventCase.REFERRAL_ACCEPTED, EventCase.REFERRAL_RETURNED,
            EventCase.REFERRAL_REJECTED, EventCase.REFERRAL_REDIRECTED, EventCase.CASE_CLOSED);
    // Safe, because a request_id is honoured once: what arrived before the connection broke is not done twice.
    private static final Map<String, ?> RETRY = Map.of("methodConfig", List.of(Map.of("name", List.of(Map.of()),
            "retryPolicy", Map.of("maxAttempts", 4.0, "initialBackoff", "0.5s", "maxBackoff", "5s",
                    "backoffMultiplier", 2.0, "retryableStatusCodes", List.of("UNAVAILABLE")))));

    public static void main(String[] args) throws IOException {
        if (args.length < 5 || args.length > 6) {
            System.err.println("Ministry ADDRESS CA CERTIFICATE KEY PLACER_NUMBER [CURSOR]");
            System.exit(1);
        }
        // Who calls is whom the certificate names; there is no user name and no token.
        var credentials = TlsChannelCredentials.newBuilder().trustManager(new File(args[1]))
                .keyManager(new File(args[2]), new File(args[3])).build();
        var channel = Grpc.newChannelBuilder(args[0], credentials).defaultServiceConfig(RETRY).build();
        var referrals = ReferralServiceGrpc.newBlockingStub(channel);
        try {
            var call = referrals.withDeadlineAfter(CALL_SECONDS, TimeUnit.SECONDS);
            var name = call.submitReferral(aReferral(args[4])).getReferral().getName();
            System.out.println("referral " + name);
            follow(referrals, name, args.length == 6 ? args[5] : "");
        } catch (StatusRuntimeException error) {
            printError(error);
            System.exit(1);
        } finally {
            channel.shutdownNow();
        }
    }

    private static SubmitReferralRequest aReferral(String placerNumber) {
        var document = IdentityDocument.newBuilder().setCountry("UZ")
                .setKind(IdentityDocument.Kind.KIND_BIRTH_CERTIFICATE)
                .setNumber(placerNumber); // Invented: a patient of its own for each run.
        var identity = PatientIdentity.newBuilder().setFamilyName("Example").setGivenNames("Java")
                .setBirthDate(Date.newBuilder().setYear(2022).setMonth(11).setDay(20))
                .setSex(Sex.SEX_FEMALE).setDocument(document);
        var consent = Consent.newBuilder().setReference("CONSENT-1")
                .setDate(Date.newBuilder().setYear(2026).setMonth(1).setDay(4));
        return SubmitReferralRequest.newBuilder()
                .setRequestId(UUID.randomUUID().toString()) // Store it before the call, to repeat the call after a crash.
                .setActor(Actor.newBuilder().setReference("coordinator-1").setRole("referral-coordinator"))
                .setPlacerNumber(placerNumber).setHub("hubs/umc-heart").setProgramme("heart-surgery")
                .setDiagnosisCode("Q21.3").setPriority(Priority.PRIORITY_URGENT).setIdentity(identity)
                .setCitizenship("UZ").setResidenceCountry("UZ").setResidenceRegion("UZ-QR")
                .setClinicalSummary("Cyanotic spells, oxygen saturation 78 %.").setConsent(consent).build();
    }

    /** Reads the ministry's feed until the hub's answer on one referral is heard. */
    private static void follow(ReferralServiceBlockingStub referrals, String name, String from) {
        var cursor = from;
        for (var pull = 0; pull < PULLS_MAX; pull++) {
            var page = referrals.withDeadlineAfter(WAIT_SECONDS + CALL_SECONDS, TimeUnit.SECONDS)
                    .pullCaseEvents(PullCaseEventsRequest.newBuilder().setCursor(cursor)
                            .setMaxWait(Duration.newBuilder().setSeconds(WAIT_SECONDS)).build());
            for (var entry : page.getEntriesList()) {
                var kind = entry.getEvent().getEventCase(); // EVENT_NOT_SET: of a newer platform than this client.
                if (!entry.getEvent().getReferral().equals(name) || kind == EventCase.EVENT_NOT_SET) continue;
                System.out.println("heard " + kind + " of " + entry.getCaller());
                if (ANSWERS.contains(kind)) {
                    System.out.println(("answer " + kind + " " + entry.getReason()).strip());
                    System.out.println("trace " + entry.getTraceId());
                    System.out.println("cursor " + entry.getCursor());
                    return;
                }
            }
            cursor = page.getNextCursor(); // Store it with what was made of the entries.
        }
        throw new IllegalStateException("no answer after " + PULLS_MAX + " pulls; go on from cursor " + cursor);
    }

    /** Programs decide by the reason; people who ask the operator name the trace. */
    private static void printError(StatusRuntimeException error) throws InvalidProtocolBufferException {
        System.err.println("error " + error.getStatus().getCode() + ": " + error.getStatus().getDescription());
        var status = StatusProto.fromThrowable(error);
        for (var detail : status.getDetailsList()) {
            if (detail.is(ErrorInfo.class)) {
                var info = detail.unpack(ErrorInfo.class);
                System.err.println("reason " + info.getReason() + " of " + info.getDomain());
                new TreeMap<>(info.getMetadataMap()).forEach((key, value) -> System.err.println("  " + key + ": " + value));
            } else if (detail.is(RequestInfo.class)) {
                System.err.println("trace " + detail.unpack(RequestInfo.class).getRequestId());
            }
        }
    }
}
