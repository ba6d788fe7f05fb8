import { randomBytes } from "node:crypto";
import type { Database } from "@carehub/database/pool";
import { must } from "@carehub/rules/fault";
import { keyBytes, keyId, seal, unseal } from "./sealing.ts";

/** The patients' data keys, in a database of their own. */
export type KeyStore = {
  /** Makes the key of a new patient. It commits before anything is sealed with it; one that is never used is harmless. */
  readonly create: (patientId: string) => Promise<Uint8Array>;
  /** The key of a patient; a patient without one is a bug, or was erased. */
  readonly read: (patientId: string) => Promise<Uint8Array>;
};

/** Opens the keys with the key from the configuration that wraps them. */
export function openKeyStore(keys: Database, wrappingKey: Uint8Array): KeyStore {
  const place = (row: string) => ({ table: "patient_key", column: "wrapped_key", row });
  const wrappingKeyId = keyId(wrappingKey);
  return {
    create: async (patientId) => {
      const key = randomBytes(keyBytes);
      const wrapped = seal(wrappingKey, key, place(patientId));
      await keys.run(
        "key-create",
        "insert into patient_key (patient_id, wrapped_key, wrapping_key_id) values ($1, $2, $3)",
        [patientId, wrapped, wrappingKeyId],
      );
      return key;
    },
    read: async (patientId) => {
      const rows = await keys.run<{ wrapped: Buffer }>(
        "key-read",
        "select wrapped_key as wrapped from patient_key where patient_id = $1",
        [patientId],
      );
      const { wrapped } = must(rows[0], "a patient has a key");
      return unseal(wrappingKey, wrapped, place(patientId));
    },
  };
}
