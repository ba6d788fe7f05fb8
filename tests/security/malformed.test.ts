import { type Platform, serviceNames, startPlatform } from "@carehub/local/platform";
import { afterAll, beforeAll, expect, test } from "vitest";
import { measurable } from "./process-memory.ts";
import { attackers, besiege, type SiegeSize } from "./siege.ts";

const size: SiegeSize = { count: 400, warmUpCount: 0, inFlight: 8 };
let platform: Platform;

beforeAll(async () => {
  const instance = `malformed-${process.pid}`;
  platform = await startPlatform({ instance, identities: attackers, env: measurable });
});

afterAll(() => platform?.stop());

test.each(serviceNames)(
  "%s refuses 400 wrong calls, each with its code and without effect",
  async (service) => {
    const siege = await besiege(platform, { service, half: "both", seed: 2_026, size });
    expect(siege.wrong).toEqual([]);
    expect(siege).toMatchObject({ sent: 400, isAlive: true, changed: [], unaccounted: [] });
  },
);
