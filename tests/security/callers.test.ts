import { toBinary } from "@bufbuild/protobuf";
import { type FrontDoor, startFrontDoor } from "@carehub/local/front-door";
import { type Platform, type ServiceName, startPlatform } from "@carehub/local/platform";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Identity, knownIdentities, openIdentities } from "./identities.ts";
import { type Ending, openCaller } from "./raw-caller.ts";
import { loadSurface, type Surface } from "./surface.ts";
import { aValidRequest } from "./valid-request.ts";

const seed = 4;
const surface = await loadSurface();
const callersOf = new Map<string, ReturnType<typeof openCaller>>();
let platform: Platform;
let frontDoor: FrontDoor;
let identities: Identity[];

beforeAll(async () => {
  platform = await startPlatform({
    instance: `callers-${process.pid}`,
    identities: knownIdentities,
  });
  const { addresses, folder } = platform;
  [identities, frontDoor] = await Promise.all([
    openIdentities(platform),
    startFrontDoor({ addresses, folder }),
  ]);
});

afterAll(async () => {
  for (const caller of callersOf.values()) caller.close();
  await frontDoor?.stop();
  await platform?.stop();
});

test("knows every service of the house and every kind of caller", () => {
  const services = new Set(surface.map(({ method }) => method.parent.typeName));
  expect([...services].toSorted()).toEqual([
    "carehub.agreements.v1.EntitlementService",
    "carehub.agreements.v1.RegistryService",
    "carehub.billing.v1.AccountService",
    "carehub.billing.v1.StatementService",
    "carehub.capacity.v1.CourseChangeService",
    "carehub.capacity.v1.CourseSearchService",
    "carehub.capacity.v1.CourseService",
    "carehub.capacity.v1.DisruptionService",
    "carehub.capacity.v1.ExternalBookingService",
    "carehub.capacity.v1.HubService",
    "carehub.capacity.v1.OpeningService",
    "carehub.capacity.v1.OverrideService",
    "carehub.capacity.v1.SessionService",
    "carehub.capacity.v1.WatchService",
    "carehub.intake.v1.PatientService",
    "carehub.intake.v1.ReferralService",
    "carehub.operations.v1.OperationsService",
  ]);
  expect(identities).toHaveLength(14);
});

test.each(surface.map((each) => [each.title, each] as const))(
  "%s answers those whom its rule names, and nobody else, directly and through the front door",
  async (_title, entry) => {
    const bytes = requestOf(entry);
    const cases = doors.flatMap((door) => identities.map((identity) => ({ door, identity })));
    const endings = await Promise.all(
      cases.map(async ({ door, identity }) => {
        const { code } = await callerOf(identity, door, entry.service).call(entry.path, bytes);
        return { door, who: identity.title, was: judge(entry, identity, code), code };
      }),
    );
    const wrong = endings.filter(({ was }) => was !== "right");
    expect(wrong).toEqual([]);
  },
);

/** The clock is asked for a time that has passed, so that no caller moves it for the next; a stream begins at its beginning. */
function requestOf({ method }: Surface): Uint8Array {
  const fill = ({ parent, name }: { parent: { typeName: string }; name: string }) =>
    parent.typeName === "carehub.operations.v1.MoveClockRequest" && name === "time"
      ? { seconds: 1_000_000_000n }
      : name === "cursor"
        ? ""
        : undefined;
  return toBinary(method.input, aValidRequest(method.input, { seed, fill }));
}

/** What a caller may never be told: that its role is wrong although it is right, or that we failed. */
const never: ReadonlySet<Ending["code"]> = new Set([
  "UNAUTHENTICATED",
  "PERMISSION_DENIED",
  "UNAVAILABLE",
  "INTERNAL",
  "UNKNOWN",
  "UNIMPLEMENTED",
  "DEADLINE_EXCEEDED",
  "DATA_LOSS",
]);

function judge(entry: Surface, { standing, role }: Identity, code: Ending["code"]): string {
  if (standing === "refused") return verdict(code === "UNAVAILABLE", "no connection");
  if (standing === "unknown") return verdict(code === "UNAUTHENTICATED", "no caller");
  if (!entry.roles.has(role)) return verdict(code === "PERMISSION_DENIED", "no permission");
  return verdict(!never.has(code), "an answer");
}

function verdict(isRight: boolean, wanted: string): string {
  return isRight ? "right" : `should have got ${wanted}`;
}

const doors = ["direct", "front door"] as const;

function callerOf(
  identity: Identity,
  door: (typeof doors)[number],
  service: ServiceName,
): ReturnType<typeof openCaller> {
  const key = `${identity.title} ${door} ${service}`;
  const known = callersOf.get(key);
  if (known !== undefined) return known;
  const reached =
    door === "direct"
      ? { address: platform.addresses[service], serverName: "localhost" }
      : { address: frontDoor.address, serverName: frontDoor.serverNames[service] };
  const caller = openCaller(reached, identity);
  callersOf.set(key, caller);
  return caller;
}
