import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeConnection } from "@carehub/local/connection-file";
import { type Platform, startPlatform } from "@carehub/local/platform";
import { openCompany } from "@carehub/partners/company";
import { type Examples, identitiesOf, loadExamples } from "@carehub/partners/examples";
import { publishExamples } from "@carehub/partners/publish";

const help = `npm start

Starts the platform on this machine with the example agreements and hubs published, prints the
addresses, where the development certificates are and one call to copy, and runs until Ctrl-C.`;

const operator = "operator/registry";

const { values } = parseArgs({ options: { help: { type: "boolean", default: false } } });
if (values.help) console.log(help);
else await start();

async function start(): Promise<void> {
  const examples = await loadExamples(join(import.meta.dirname, "../../../examples"));
  const identities = [...identitiesOf(examples), operator];
  const otlpEndpoint = process.env.OTEL_EXPORTER_OTLP_ENDPOINT;
  const platform = await startPlatform({
    instance: "start",
    identities,
    onProgress: ({ note }) => console.error(note),
    ...(otlpEndpoint === undefined ? {} : { otlpEndpoint }),
    endsOnSignals: true,
  });
  try {
    await publish(examples, platform);
    const { folder, addresses, certificates } = platform;
    const connections = join(folder, "connections");
    for (const identity of identities) {
      writeConnection(connections, identity, { addresses, ...certificates.files(identity) });
    }
    console.log(describe(platform, connections));
  } catch (error) {
    await platform.stop();
    throw error;
  }
}

async function publish(examples: Examples, platform: Platform): Promise<void> {
  const { partnerOf, close } = openCompany({
    addresses: platform.addresses,
    tlsOf: (identity) => platform.certificates.tls(identity),
  });
  const registry = partnerOf(operator);
  await publishExamples(
    examples,
    { registry, hubNamed: (name) => partnerOf(name.replace("hubs/", "hub/")) },
    (name) => console.error(`published ${name}`),
  );
  close();
}

function describe(
  { addresses, healthUrls, certificates, brokers, folder }: Platform,
  connections: string,
): string {
  const tls = certificates.files("ministry/UZ");
  const call = [
    "node_modules/.bin/buf curl --schema proto --protocol grpc \\",
    `  --cacert ${tls.ca} \\`,
    `  --cert ${tls.cert} --key ${tls.key} \\`,
    `  -d '{}' https://${addresses.intake}/carehub.operations.v1.OperationsService/WhoAmI`,
  ];
  return [
    "",
    "carehub is running, on the sandbox clock from 2026-01-05. Ctrl-C stops it.",
    "",
    ...Object.entries(addresses).map(([name, address]) => `  ${name.padEnd(11)} grpc ${address}`),
    "",
    ...Object.entries(healthUrls).map(([name, url]) => `  ${name.padEnd(11)} ${url}/metrics`),
    "",
    `  Kafka        ${brokers}`,
    `  certificates ${join(folder, "certificates")}`,
    `  logs         ${folder}`,
    "",
    "A call of Uzbekistan's ministry, to copy:",
    "",
    ...call,
    "",
    "The command line, as hub, ministry or operator; --help has its commands:",
    "",
    `  npm run -s carehub -- list --connection ${join(connections, "ministry-UZ.json")}`,
    "",
  ].join("\n");
}
