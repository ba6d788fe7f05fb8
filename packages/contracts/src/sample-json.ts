import { type DescMessage, fromJson, type JsonValue, toJsonString } from "@bufbuild/protobuf";
import { EntitlementEventSchema } from "./gen/carehub/agreements/v1/entitlement_events_pb.ts";
import { AccountEventSchema } from "./gen/carehub/billing/v1/account_events_pb.ts";
import { CourseEventSchema } from "./gen/carehub/capacity/v1/course_events_pb.ts";
import { HubEventSchema } from "./gen/carehub/capacity/v1/hub_events_pb.ts";
import { CaseEventSchema } from "./gen/carehub/intake/v1/case_events_pb.ts";

const uuid = "0198c0de-0000-7000-8000-000000000001";
const money = { amountMinor: "480000000", currencyCode: "KZT" };

const samples: Readonly<Record<string, { schema: DescMessage; json: JsonValue }>> = {
  CaseEvent: {
    schema: CaseEventSchema,
    json: {
      referral: `referrals/${uuid}`,
      revision: "1",
      eventTime: "2026-01-05T04:00:00Z",
      referralSubmitted: {
        sendingParty: "parties/UZ",
        hub: "hubs/umc-heart",
        programme: "heart-surgery",
        diagnosisCode: "Q21.3",
        priority: "PRIORITY_URGENT",
        person: {
          patient: `patients/${uuid}`,
          citizenship: "UZ",
          residenceCountry: "UZ",
          residenceRegion: "UZ-QR",
          ageYears: 3,
          ageDate: { year: 2026, month: 1, day: 5 },
          companionCount: 1,
        },
      },
    },
  },
  EntitlementEvent: {
    schema: EntitlementEventSchema,
    json: {
      entitlement: `entitlements/${uuid}`,
      revision: "4",
      eventTime: "2026-02-20T09:00:00Z",
      seatConsumed: {
        round: 1,
        seat: {
          quota: "agreements/2026-kz-uz-hub-protocol/quotas/heart-surgery",
          period: "2026",
          setAside: "UZ-QR",
        },
      },
    },
  },
  CourseEvent: {
    schema: CourseEventSchema,
    json: {
      course: `courses/${uuid}`,
      revision: "2",
      eventTime: "2026-01-12T06:30:00Z",
      hub: "hubs/umc-heart",
      courseBooked: {
        round: 1,
        firstDate: { year: 2026, month: 1, day: 20 },
        lastDate: { year: 2026, month: 2, day: 2 },
        certificateHash: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
      },
    },
  },
  HubEvent: {
    schema: HubEventSchema,
    json: {
      hub: "hubs/astana-proton",
      revision: "7",
      eventTime: "2026-01-19T03:00:00Z",
      externalBookingsImported: {
        imported: 42,
        cancelled: 1,
        conflictCount: 1,
        conflicts: [
          {
            source: "aria",
            sourceId: "A-100231",
            kind: "EXTERNAL_CONFLICT_KIND_COURSE",
            resource: "hubs/astana-proton/pools/beam",
            startTime: "2026-02-03T03:00:00Z",
            endTime: "2026-02-03T03:30:00Z",
            course: `courses/${uuid}`,
          },
        ],
      },
    },
  },
  AccountEvent: {
    schema: AccountEventSchema,
    json: {
      account: `accounts/${uuid}`,
      revision: "2",
      eventTime: "2026-01-09T05:00:00Z",
      paymentGuaranteed: {
        round: 1,
        guarantee: `accounts/${uuid}/guarantees/MOH-2026-17`,
        cap: money,
        validUntilDate: { year: 2026, month: 6, day: 30 },
        toleranceBasisPoints: 500,
      },
    },
  },
};

/** A sample of a topic's message as ProtoJSON; it is read through the schema, so it cannot rot. */
export function sampleJson(message: string): string {
  const sample = samples[message];
  if (sample === undefined) throw new Error(`no sample for ${message}`);
  return toJsonString(sample.schema, fromJson(sample.schema, sample.json), { prettySpaces: 2 });
}
