import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CourseChangeService } from "@carehub/contracts/gen/carehub/capacity/v1/course_change_service_pb.ts";
import { CourseService } from "@carehub/contracts/gen/carehub/capacity/v1/course_service_pb.ts";
import { ExternalBookingService } from "@carehub/contracts/gen/carehub/capacity/v1/external_booking_service_pb.ts";
import { HubService } from "@carehub/contracts/gen/carehub/capacity/v1/hub_service_pb.ts";
import { OpeningService } from "@carehub/contracts/gen/carehub/capacity/v1/opening_service_pb.ts";
import { OverrideService } from "@carehub/contracts/gen/carehub/capacity/v1/override_service_pb.ts";
import { SessionService } from "@carehub/contracts/gen/carehub/capacity/v1/session_service_pb.ts";
import { CallError } from "@carehub/grpc/call-error";
import { connect } from "@carehub/grpc/connect";
import { serve } from "@carehub/grpc/serve";
import { issueCertificates } from "@carehub/local/certificates";
import { createLogger } from "@carehub/runtime/logging";
import type { TestCapacity } from "../capacity.builder.ts";
import { capacityReasons } from "../domain/reasons.ts";
import { implementCourseChangeService } from "./course-change-service.ts";
import { implementCourseService } from "./course-service.ts";
import { implementExternalBookingService } from "./external-booking-service.ts";
import { implementHubService } from "./hub-service.ts";
import { implementOpeningService } from "./opening-service.ts";
import { implementOverrideService } from "./override-service.ts";
import { implementSessionService } from "./session-service.ts";

const trustDomain = "carehub.example";

/** The service's API over real mutual TLS, and the clients of these identities. */
export async function serveCapacity({ deps }: TestCapacity, identities: readonly string[]) {
  const dir = mkdtempSync(join(tmpdir(), "carehub-capacity-"));
  const names = [...identities, "service/capacity"];
  const certificates = await issueCertificates({ dir, trustDomain, identities: names });
  const server = await serve({
    name: "capacity",
    host: "127.0.0.1",
    port: 0,
    tls: certificates.tls("service/capacity"),
    trustDomain,
    services: [
      implementHubService(deps),
      implementCourseService(deps),
      implementCourseChangeService(deps),
      implementExternalBookingService(deps),
      implementOpeningService(deps),
      implementOverrideService(deps),
      implementSessionService(deps),
    ],
    reasons: capacityReasons,
    logger: createLogger("capacity", { level: "silent" }),
  });
  const clients = new Map(
    identities.map((identity) => {
      const at = { address: `localhost:${server.port}`, tls: certificates.tls(identity) };
      const client = {
        hubs: connect(HubService, at),
        courses: connect(CourseService, at),
        changes: connect(CourseChangeService, at),
        externals: connect(ExternalBookingService, at),
        openings: connect(OpeningService, at),
        overrides: connect(OverrideService, at),
        sessions: connect(SessionService, at),
      };
      return [identity, client];
    }),
  );
  return {
    as: (identity: string) => {
      const client = clients.get(identity);
      if (client === undefined) throw new Error(`${identity} has no certificate`);
      return client;
    },
    /** The file by which a program reaches it as that identity. */
    connectionFile: (identity: string) => {
      const file = join(dir, "connection.json");
      const addresses = { capacity: `localhost:${server.port}` };
      writeFileSync(file, JSON.stringify({ addresses, ...certificates.files(identity) }));
      return file;
    },
    close: async () => {
      for (const open of clients.values()) {
        for (const client of Object.values(open)) client.close();
      }
      await server.close();
      rmSync(dir, { recursive: true });
    },
  };
}

/** The error with which a call was refused. */
export async function refusalOf(call: Promise<unknown>): Promise<CallError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof CallError) return error;
    throw error;
  }
  throw new Error("the call succeeded");
}
