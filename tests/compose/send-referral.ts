/**
 * Sends the first example case through the front door of an installation and shows its timeline:
 * `node tests/compose/send-referral.ts FOLDER`, where FOLDER holds the partners' connection files.
 */
import { join } from "node:path";
import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { CaseEntry } from "@carehub/contracts/gen/carehub/intake/v1/case_feed_pb.ts";
import { AcceptReferralRequestSchema } from "@carehub/contracts/gen/carehub/intake/v1/referral_triage_pb.ts";
import { CallError } from "@carehub/grpc/call-error";
import { type Examples, loadExamples } from "@carehub/partners/examples";
import { command, type Partner } from "@carehub/partners/partner";
import { publishExamples } from "@carehub/partners/publish";
import type { Story } from "@carehub/partners/story";
import { until } from "@carehub/testing/wait";
import { openDoorPartner } from "./door-partner.ts";

/** What became of the case: its name, and every event of it so far. */
export type Sent = { readonly referral: string; readonly timeline: readonly CaseEntry[] };

const limitMs = 180_000;
const pageSize = 200;

/**
 * Publishes the examples where nothing is published yet, submits the first case as its ministry,
 * accepts it as its hub, and answers when its price is known: all four services have acted then. A
 * case that was sent before is only shown.
 */
export async function sendReferral(folder: string): Promise<Sent> {
  const examples = await loadExamples(join(import.meta.dirname, "../../examples"));
  const story = examples.stories[0];
  if (story === undefined) throw new Error("there are no example cases");
  const partners = new Map<string, Partner>();
  const partnerOf = (identity: string): Partner => {
    const partner = partners.get(identity) ?? openDoorPartner(folder, identity);
    partners.set(identity, partner);
    return partner;
  };
  try {
    await publishOnce(examples, partnerOf);
    return await playStory(story, partnerOf);
  } finally {
    for (const partner of partners.values()) partner.close();
  }
}

type PartnerOf = (identity: string) => Partner;

async function publishOnce(examples: Examples, partnerOf: PartnerOf): Promise<void> {
  const registry = partnerOf("operator/registry");
  const { agreements } = await registry.registry.listAgreements({ pageSize: 1 });
  if (agreements.length > 0) return;
  await publishExamples(examples, {
    registry,
    hubNamed: (name) => partnerOf(name.replace("hubs/", "hub/")),
  });
}

async function playStory(story: Story, partnerOf: PartnerOf): Promise<Sent> {
  const ministry = partnerOf(`ministry/${story.ministry}`);
  const referral = await submit(ministry, story);
  const heard = (event: string) => async () => {
    const { entries } = await ministry.referrals.getCaseTimeline({ name: referral, pageSize });
    return entries.some(({ event: it }) => it?.event.case === event) && entries;
  };
  const timeline = await until(heard("entitlementGranted"), { what: "a seat", limitMs });
  if (!timeline.some(({ event }) => event?.event.case === "referralAccepted")) {
    await accept(partnerOf(story.referral.hub.replace("hubs/", "hub/")), story, referral);
  }
  return {
    referral,
    timeline: await until(heard("estimateIssued"), { what: "an estimate", limitMs }),
  };
}

async function submit(ministry: Partner, story: Story): Promise<string> {
  const request = { ...story.referral, ...command("referral-coordinator") };
  try {
    const { referral } = await ministry.referrals.submitReferral(request);
    return referral?.name ?? "";
  } catch (error) {
    if (error instanceof CallError && error.code === "ALREADY_EXISTS") {
      return error.metadata.referral ?? "";
    }
    throw error;
  }
}

async function accept(hub: Partner, story: Story, name: string): Promise<void> {
  const step = story.steps.find((each) => each.do === "acceptReferral");
  const fields = fromJson(AcceptReferralRequestSchema, (step?.with ?? {}) as JsonValue);
  await hub.referrals.acceptReferral(Object.assign(fields, { name, ...command("clinician") }));
}

function describe({ referral, timeline }: Sent): string {
  const lines = timeline.map(({ eventTime, event, caller, traceId }) => {
    const time = eventTime === undefined ? "" : timestampDate(eventTime).toISOString();
    return [time, (event?.event.case ?? "").padEnd(28), caller.padEnd(18), traceId].join("  ");
  });
  return [referral, ...lines, ""].join("\n");
}

if (import.meta.main) {
  const [folder] = process.argv.slice(2);
  if (folder === undefined) throw new Error("name the folder with the connection files");
  process.stdout.write(describe(await sendReferral(folder)));
}
