import { readConfig, serviceEnvironment, toServiceConfig } from "@carehub/runtime/config";

/** Everything that this service reads from its environment. */
export function loadConfig(variables: NodeJS.ProcessEnv) {
  return Object.freeze(toServiceConfig(readConfig(serviceEnvironment, variables)));
}

export type Config = ReturnType<typeof loadConfig>;
