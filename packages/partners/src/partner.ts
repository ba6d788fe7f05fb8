import { randomUUIDv7 } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { EntitlementService } from "@carehub/contracts/gen/carehub/agreements/v1/entitlement_service_pb.ts";
import { RegistryService } from "@carehub/contracts/gen/carehub/agreements/v1/registry_service_pb.ts";
import { AccountService } from "@carehub/contracts/gen/carehub/billing/v1/account_service_pb.ts";
import { StatementService } from "@carehub/contracts/gen/carehub/billing/v1/statement_service_pb.ts";
import { CourseChangeService } from "@carehub/contracts/gen/carehub/capacity/v1/course_change_service_pb.ts";
import { CourseSearchService } from "@carehub/contracts/gen/carehub/capacity/v1/course_search_service_pb.ts";
import { CourseService } from "@carehub/contracts/gen/carehub/capacity/v1/course_service_pb.ts";
import { DisruptionService } from "@carehub/contracts/gen/carehub/capacity/v1/disruption_service_pb.ts";
import { ExternalBookingService } from "@carehub/contracts/gen/carehub/capacity/v1/external_booking_service_pb.ts";
import { HubService } from "@carehub/contracts/gen/carehub/capacity/v1/hub_service_pb.ts";
import { OpeningService } from "@carehub/contracts/gen/carehub/capacity/v1/opening_service_pb.ts";
import { SessionService } from "@carehub/contracts/gen/carehub/capacity/v1/session_service_pb.ts";
import { WatchService } from "@carehub/contracts/gen/carehub/capacity/v1/watch_service_pb.ts";
import { PatientService } from "@carehub/contracts/gen/carehub/intake/v1/patient_service_pb.ts";
import { ReferralService } from "@carehub/contracts/gen/carehub/intake/v1/referral_service_pb.ts";
import { OperationsService } from "@carehub/contracts/gen/carehub/operations/v1/operations_service_pb.ts";
import { ActorSchema } from "@carehub/contracts/gen/carehub/type/v1/actor_pb.ts";
import { type ConnectOptions, connect } from "@carehub/grpc/connect";

export const serviceNames = ["intake", "capacity", "agreements", "billing"] as const;

export type ServiceName = (typeof serviceNames)[number];

/** Where each service listens, as `host:port`. */
export type Addresses = Readonly<Record<ServiceName, string>>;

/** How an organisation reaches the platform: who it is, by its certificate, and where the services are. */
export type Access = {
  /** `ministry/UZ`, `hub/umc-heart`, `operator/registry`. */
  readonly identity: string;
  readonly addresses: Addresses;
  /** The name that each service's certificate holds, where it is not the host: behind a front door. */
  readonly serverNames?: Addresses;
  readonly tls: ConnectOptions["tls"];
};

export type Partner = ReturnType<typeof openPartner>;

const deadlineMs = 15_000;

/** The clients of one organisation; nothing is connected before the first call. */
export function openPartner({ identity, addresses, serverNames, tls }: Access) {
  const to = (service: ServiceName): ConnectOptions => ({
    address: addresses[service],
    ...(serverNames === undefined ? {} : { serverName: serverNames[service] }),
    tls,
    deadlineMs,
    waitForReady: true,
  });
  const clients = {
    referrals: connect(ReferralService, to("intake")),
    patients: connect(PatientService, to("intake")),
    courses: connect(CourseService, to("capacity")),
    courseSearches: connect(CourseSearchService, to("capacity")),
    courseChanges: connect(CourseChangeService, to("capacity")),
    sessions: connect(SessionService, to("capacity")),
    hubs: connect(HubService, to("capacity")),
    externalBookings: connect(ExternalBookingService, to("capacity")),
    openings: connect(OpeningService, to("capacity")),
    disruptions: connect(DisruptionService, to("capacity")),
    watches: connect(WatchService, to("capacity")),
    registry: connect(RegistryService, to("agreements")),
    entitlements: connect(EntitlementService, to("agreements")),
    accounts: connect(AccountService, to("billing")),
    statements: connect(StatementService, to("billing")),
  };
  const operations = new Map(
    serviceNames.map((service) => [service, connect(OperationsService, to(service))] as const),
  );
  return {
    identity,
    ...clients,
    operations,
    close: () => {
      for (const client of [...Object.values(clients), ...operations.values()]) client.close();
    },
  };
}

/** What every command carries: a fresh request id and the person who acts. */
export function command(role: string) {
  const actor = create(ActorSchema, { reference: `${role}-1`, role });
  return { requestId: randomUUIDv7() as string, actor };
}
