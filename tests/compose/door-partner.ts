import { readFileSync } from "node:fs";
import { join } from "node:path";
import { EntitlementService } from "@carehub/contracts/gen/carehub/agreements/v1/entitlement_service_pb.ts";
import { RegistryService } from "@carehub/contracts/gen/carehub/agreements/v1/registry_service_pb.ts";
import { AccountService } from "@carehub/contracts/gen/carehub/billing/v1/account_service_pb.ts";
import { StatementService } from "@carehub/contracts/gen/carehub/billing/v1/statement_service_pb.ts";
import { CourseService } from "@carehub/contracts/gen/carehub/capacity/v1/course_service_pb.ts";
import { HubService } from "@carehub/contracts/gen/carehub/capacity/v1/hub_service_pb.ts";
import { PatientService } from "@carehub/contracts/gen/carehub/intake/v1/patient_service_pb.ts";
import { ReferralService } from "@carehub/contracts/gen/carehub/intake/v1/referral_service_pb.ts";
import { OperationsService } from "@carehub/contracts/gen/carehub/operations/v1/operations_service_pb.ts";
import { type ConnectOptions, connect } from "@carehub/grpc/connect";
import { type Partner, type ServiceName, serviceNames } from "@carehub/partners/partner";

const deadlineMs = 20_000;

type Connection = {
  readonly addresses: Record<ServiceName, string>;
  readonly serverNames: Record<ServiceName, string>;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
};

/** The clients of one organisation through the front door, by its connection file in the folder. */
export function openDoorPartner(folder: string, identity: string): Partner {
  const file = join(folder, `${identity.replaceAll("/", "-")}.json`);
  const connection = JSON.parse(readFileSync(file, "utf8")) as Connection;
  const [ca, cert, key] = [connection.ca, connection.cert, connection.key].map((name) =>
    readFileSync(join(folder, name)),
  );
  const tls = { ca, cert, key } as ConnectOptions["tls"];
  const to = (service: ServiceName): ConnectOptions => ({
    address: connection.addresses[service],
    serverName: connection.serverNames[service],
    ...{ tls, deadlineMs, waitForReady: true },
  });
  const clients = {
    referrals: connect(ReferralService, to("intake")),
    patients: connect(PatientService, to("intake")),
    courses: connect(CourseService, to("capacity")),
    hubs: connect(HubService, to("capacity")),
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
