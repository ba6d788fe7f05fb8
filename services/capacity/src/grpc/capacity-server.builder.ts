import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CourseService } from "@carehub/contracts/gen/carehub/capacity/v1/course_service_pb.ts";
import { HubService } from "@carehub/contracts/gen/carehub/capacity/v1/hub_service_pb.ts";
import { CallError } from "@carehub/grpc/call-error";
import { connect } from "@carehub/grpc/connect";
import { serve } from "@carehub/grpc/serve";
import { issueCertificates } from "@carehub/local/certificates";
import { createLogger } from "@carehub/runtime/logging";
import type { TestCapacity } from "../capacity.builder.ts";
import { capacityReasons } from "../domain/reasons.ts";
import { implementCourseService } from "./course-service.ts";
import { implementHubService } from "./hub-service.ts";

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
    services: [implementHubService(deps), implementCourseService(deps)],
    reasons: capacityReasons,
    logger: createLogger("capacity", { level: "silent" }),
  });
  const clients = new Map(
    identities.map((identity) => {
      const at = { address: `localhost:${server.port}`, tls: certificates.tls(identity) };
      return [identity, { hubs: connect(HubService, at), courses: connect(CourseService, at) }];
    }),
  );
  return {
    as: (identity: string) => {
      const client = clients.get(identity);
      if (client === undefined) throw new Error(`${identity} has no certificate`);
      return client;
    },
    close: async () => {
      for (const { hubs, courses } of clients.values()) {
        hubs.close();
        courses.close();
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
