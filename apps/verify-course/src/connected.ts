import { type Course, Course_State } from "@carehub/contracts/gen/carehub/capacity/v1/course_pb.ts";
import { CourseService } from "@carehub/contracts/gen/carehub/capacity/v1/course_service_pb.ts";
import type { Hub } from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import { HubService } from "@carehub/contracts/gen/carehub/capacity/v1/hub_service_pb.ts";
import type { Override } from "@carehub/contracts/gen/carehub/capacity/v1/override_pb.ts";
import { OverrideService } from "@carehub/contracts/gen/carehub/capacity/v1/override_service_pb.ts";
import { CallError } from "@carehub/grpc/call-error";
import { connect, type ServiceClient } from "@carehub/grpc/connect";
import { type Asked, missedOf, namedIn, overrideIn } from "./asked.ts";
import { readConnection } from "./connection.ts";

const pageSize = 200;
const live: readonly Course_State[] = [
  Course_State.HELD,
  Course_State.BOOKED,
  Course_State.IN_TREATMENT,
];

type Clients = {
  readonly courses: ServiceClient<typeof CourseService>;
  readonly hubs: ServiceClient<typeof HubService>;
  readonly overrides: ServiceClient<typeof OverrideService>;
};

/** Reads courses that the caller may see, and every version of their hubs from the first that one of them names. */
export async function fromConnection(
  file: string,
  which: { readonly names: readonly string[]; readonly all: boolean },
): Promise<Asked> {
  const options = readConnection(file);
  const clients: Clients = {
    courses: connect(CourseService, options),
    hubs: connect(HubService, options),
    overrides: connect(OverrideService, options),
  };
  try {
    const names = which.all ? await listNames(clients) : which.names;
    const found: Course[] = [];
    for (const name of names) {
      const { course } = await clients.courses.getCourse({ name });
      if (course !== undefined && (course.certificateDocument !== "" || !which.all)) {
        found.push(course);
      }
    }
    const versions = await readVersions(clients, found);
    const asked = found.map(async (course) => ({
      ...askedOf(course, versions),
      override: await readOverride(clients, course),
    }));
    return { versions, courses: await Promise.all(asked) };
  } finally {
    clients.courses.close();
    clients.hubs.close();
    clients.overrides.close();
  }
}

async function listNames({ courses }: Clients): Promise<string[]> {
  const names: string[] = [];
  for (let pageToken = ""; ; ) {
    const page = await courses.listCourses({ pageSize, pageToken });
    names.push(...page.courses.map(({ name }) => name));
    pageToken = page.nextPageToken;
    if (pageToken === "") return names;
  }
}

async function readVersions({ hubs }: Clients, courses: readonly Course[]): Promise<Hub[]> {
  const named = courses.flatMap(({ certificateDocument }) => namedIn(certificateDocument) ?? []);
  const read: Hub[] = [];
  for (const [name, ofHub] of Map.groupBy(named, ({ hub }) => hub)) {
    const { hub: present } = await hubs.getHub({ name });
    const first = Math.min(...ofHub.map(({ version }) => version));
    for (let version = first; version <= (present?.version ?? 0); version += 1) {
      const hub = await readVersion(hubs, name, version);
      if (hub !== undefined) read.push(hub);
    }
  }
  return read;
}

async function readVersion(
  hubs: Clients["hubs"],
  name: string,
  version: number,
): Promise<Hub | undefined> {
  try {
    return (await hubs.getHub({ name, version })).hub;
  } catch (error) {
    if (error instanceof CallError && error.reason === "HUB_VERSION_NOT_FOUND") return undefined;
    throw error;
  }
}

async function readOverride(
  { overrides }: Clients,
  { certificateDocument }: Course,
): Promise<Override | undefined> {
  const name = overrideIn(certificateDocument);
  if (name === undefined) return undefined;
  try {
    return (await overrides.getOverride({ name })).override;
  } catch (error) {
    if (error instanceof CallError && error.reason === "OVERRIDE_NOT_FOUND") return undefined;
    throw error;
  }
}

function askedOf(course: Course, versions: readonly Hub[]) {
  const { name, certificateDocument: text, certificate, state } = course;
  const named = namedIn(text);
  const hub = versions.find((each) => each.name === named?.hub && each.version === named.version);
  return {
    course: name,
    isNamed: true,
    text,
    hash: certificate?.hash,
    hub,
    isLive: live.includes(state),
    missed: missedOf(course),
  };
}
