import { join } from "node:path";
import { type Collector, startCollector } from "@carehub/local/collector";
import { type Platform, startPlatform } from "@carehub/local/platform";
import { openCompany } from "@carehub/partners/company";
import { type Examples, identitiesOf, loadExamples } from "@carehub/partners/examples";
import type { Partner } from "@carehub/partners/partner";
import { publishExamples } from "@carehub/partners/publish";
import { rehearse } from "@carehub/partners/rehearsal";
import type { Story } from "@carehub/partners/story";

const operator = "operator/registry";

/** A platform of its own for one journey, with the examples published and every partner at hand. */
export type Stage = {
  readonly platform: Platform;
  readonly collector: Collector;
  readonly examples: Examples;
  readonly partnerOf: (identity: string) => Partner;
  readonly rehearse: (stories: readonly Story[]) => ReturnType<typeof rehearse>;
  readonly close: () => Promise<void>;
};

/** Who plays beside those of the examples. */
export type StageOptions = { readonly identities?: readonly string[] };

/** Starts real processes on real Kafka and PostgreSQL; `name` keeps two journeys apart. */
export async function setStage(
  name: string,
  { identities = [] }: StageOptions = {},
): Promise<Stage> {
  const examples = await loadExamples(join(import.meta.dirname, "../../examples"));
  const collector = await startCollector();
  const platform = await startPlatform({
    instance: `journey-${name}-${process.pid}`,
    identities: [...identitiesOf(examples), ...identities, operator],
    otlpEndpoint: collector.endpoint,
  });
  const company = openCompany({
    addresses: platform.addresses,
    tlsOf: (identity) => platform.certificates.tls(identity),
  });
  const { partnerOf } = company;
  const close = async () => {
    company.close();
    await platform.stop();
    await collector.close();
  };
  try {
    const hubNamed = (hub: string) => partnerOf(hub.replace("hubs/", "hub/"));
    await publishExamples(examples, { registry: partnerOf(operator), hubNamed });
  } catch (error) {
    await close();
    throw error;
  }
  return {
    platform,
    collector,
    examples,
    partnerOf,
    close,
    rehearse: (stories) =>
      rehearse({
        stories,
        partnerOf,
        operator: partnerOf(operator),
        creditor: partnerOf("ministry/KZ"),
        zone: "Asia/Almaty",
      }),
  };
}
