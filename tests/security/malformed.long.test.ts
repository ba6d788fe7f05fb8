import { type Platform, serviceNames, startPlatform } from "@carehub/local/platform";
import { afterAll, beforeAll, expect, test } from "vitest";
import { measurable } from "./process-memory.ts";
import { attackers, besiege, type SiegeSize } from "./siege.ts";

const halves = ["wire", "mutants"] as const;
const cases = serviceNames.flatMap((service) => halves.map((half) => [service, half] as const));
const heldGrownMbMax = 20;
const slowerMax = 2;
/** A thread that loses its core to another waits for so long, flood or not. */
const schedulerMs = 5;
/** Four calls at a time and 300 a second: what the rate limit of one organisation would let through. */
const size: SiegeSize = { count: 10_000, warmUpCount: 2_000, inFlight: 4, callsPerSecond: 300 };
let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform({
    instance: `siege-${process.pid}`,
    identities: attackers,
    env: measurable,
  });
});

afterAll(() => platform?.stop());

test.each(cases)(
  "%s stands 10,000 wrong calls, and its good clients feel none: %s",
  async (...of) => {
    const [service, half] = of;
    const siege = await besiege(platform, { service, half, seed: 14, size });
    expect(siege.wrong).toEqual([]);
    expect(siege).toMatchObject({ sent: 10_000, isAlive: true, changed: [], unaccounted: [] });
    expect(siege.heldGrownMb).toBeLessThan(heldGrownMbMax);
    expect(siege.besideMs).toBeLessThan(slowerMax * Math.max(siege.aloneMs, schedulerMs));
  },
);
