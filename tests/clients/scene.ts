import type { SubmitReferralRequest } from "@carehub/contracts/gen/carehub/intake/v1/referral_service_pb.ts";
import { command, type Partner } from "@carehub/partners/partner";
import { expect } from "vitest";
import { type Stage, setStage } from "../journeys/stage.ts";
import { openWorkshop, type RunningClient, type Start, type Workshop } from "./workshop.ts";

/** The most that downloads, a compiler and a platform take together, on a machine that is busy. */
export const openMsMax = 580_000;

/** A platform, the two partners played here, and a foreign client to start as Uzbekistan's ministry. */
export type Scene = {
  readonly hub: Partner;
  readonly ministry: Partner;
  /** A referral of the examples, of another patient than the client's. */
  readonly referral: SubmitReferralRequest;
  readonly launch: (placerNumber: string) => RunningClient;
  readonly close: () => Promise<void>;
};

/** Builds the example client of a language from the bundle alone, then starts a platform for it. */
export async function openScene(
  language: "python" | "java",
  build: (workshop: Workshop) => Promise<Start>,
): Promise<Scene> {
  const workshop = await openWorkshop(language);
  try {
    const start = await build(workshop);
    const stage = await setStage(`client-${language}`);
    const close = async () => {
      await workshop.close();
      await stage.close();
    };
    return { ...play(stage, workshop, start), close };
  } catch (error) {
    await workshop.close();
    throw error;
  }
}

/** A client that uses a placer number twice prints the reason, what has the number and the trace. */
export async function expectNumberTaken(scene: Scene): Promise<void> {
  const request = Object.assign(scene.referral, command("referral-coordinator"));
  const { referral } = await scene.ministry.referrals.submitReferral(request);
  const client = scene.launch(request.placerNumber);
  expect(await client.exitCode).toBe(1);
  expect(client.output()).toBe("");
  expect(client.errors()).toMatch(/^error ALREADY_EXISTS: /m);
  expect(client.errors()).toMatch(/^reason PLACER_NUMBER_TAKEN of intake\.carehub$/m);
  expect(client.errors()).toContain(`\n  referral: ${referral?.name}\n`);
  expect(client.errors()).toMatch(/^trace [0-9a-f]{32}$/m);
}

function play({ platform, examples, partnerOf }: Stage, workshop: Workshop, start: Start) {
  const { ca, cert, key } = platform.certificates.files("ministry/UZ");
  const story = examples.stories.find((each) => each.ministry === "UZ");
  if (story === undefined) throw new Error("no example of Uzbekistan's ministry");
  const { program, args, env } = start;
  return {
    hub: partnerOf("hub/umc-heart"),
    ministry: partnerOf("ministry/UZ"),
    referral: story.referral,
    launch: (placerNumber: string) => {
      const access = [platform.addresses.intake, ca, cert, key];
      return workshop.start({ program, args: [...args, ...access, placerNumber], env });
    },
  };
}
