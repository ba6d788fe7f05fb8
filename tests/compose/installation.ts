import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

/** The root of the checkout. */
export const root = join(import.meta.dirname, "../..");

/** A part of docker-compose.yml, as far as the tests look at it. */
export type ComposeService = {
  readonly image: string;
  readonly build?: { readonly target: string; readonly args?: Readonly<Record<string, string>> };
  readonly restart?: string;
  readonly ports?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly deploy?: { readonly resources: { readonly limits: Readonly<Record<string, unknown>> } };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly volumes?: readonly string[];
};

/** The services of docker-compose.yml, with anchors resolved and variables at their defaults. */
export function readCompose(): ReadonlyMap<string, ComposeService> {
  const text = readFileSync(join(root, "docker-compose.yml"), "utf8");
  const withDefaults = text.replaceAll(/\$\{\w+:-([^}]*)\}/g, "$1");
  const { services } = parse(withDefaults, { merge: true }) as {
    services: Record<string, ComposeService>;
  };
  return new Map(Object.entries(services));
}

/** The stages of infra/Dockerfile by name: their ENV variables, and whether they have a HEALTHCHECK. */
export function readStages(): ReadonlyMap<string, Stage> {
  const text = readFileSync(join(root, "infra/Dockerfile"), "utf8").replaceAll("\\\n", " ");
  const stages = new Map<string, Stage>();
  let stage: Stage = { env: {}, hasHealthcheck: false };
  for (const line of text.split("\n")) {
    const [, base = "", name = ""] = /^FROM (\S+) AS (\S+)$/.exec(line) ?? [];
    if (name !== "") {
      const below = stages.get(base);
      stage = { env: { ...below?.env }, hasHealthcheck: below?.hasHealthcheck ?? false };
      stages.set(name, stage);
    }
    if (line.startsWith("HEALTHCHECK")) stage.hasHealthcheck = true;
    for (const [, variable = "", value = ""] of line.startsWith("ENV ")
      ? line.matchAll(/(\w+)=(\S+)/g)
      : []) {
      stage.env[variable] = value;
    }
  }
  return stages;
}

export type Stage = { env: Record<string, string>; hasHealthcheck: boolean };
