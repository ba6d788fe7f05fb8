import { readConfig, serviceEnvironment, toServiceConfig } from "@carehub/runtime/config";
import { z } from "zod";

const keyBytes = 32;
const key = z
  .string()
  .transform((text) => Buffer.from(text, "base64"))
  .refine((bytes) => bytes.length === keyBytes, "expected 32 bytes in base64");

const environment = serviceEnvironment.extend({
  /** The patients' keys: another database, best on another server. */
  KEYS_DATABASE_URL: z.url(),
  /** Wraps the patients' keys. */
  IDENTITY_KEY: key,
  /** Of the HMAC that finds a patient by the identity document. */
  BLIND_INDEX_KEY: key,
});

/** Everything that this service reads from its environment. */
export function loadConfig(variables: NodeJS.ProcessEnv) {
  const config = readConfig(environment, variables);
  return Object.freeze({
    ...toServiceConfig(config),
    keysDatabaseUrl: config.KEYS_DATABASE_URL,
    identityKey: config.IDENTITY_KEY,
    blindIndexKey: config.BLIND_INDEX_KEY,
  });
}

export type Config = ReturnType<typeof loadConfig>;
