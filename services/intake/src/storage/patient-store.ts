import { randomUUID } from "node:crypto";
import type { Database } from "@carehub/database/pool";
import { must } from "@carehub/rules/fault";
import type { KeyStore } from "./key-store.ts";

/** A patient by random id, with the key that seals all that is known of them. */
export type PatientKey = { readonly patientId: string; readonly key: Uint8Array };

/** The patients, found by the blind index of their identity document. */
export type PatientStore = {
  /** The patient of that index; a new one gets a random id and a key first. Safe to repeat and to race. */
  readonly findOrCreate: (index: Uint8Array) => Promise<PatientKey>;
};

/** Opens the patients. */
export function openPatientStore(db: Database, keys: KeyStore): PatientStore {
  const find = async (index: Uint8Array) => {
    const rows = await db.run<{ id: string }>(
      "patient-find",
      "select id from patient where blind_index = $1",
      [index],
    );
    return rows[0]?.id;
  };
  return {
    findOrCreate: async (index) => {
      const known = await find(index);
      if (known !== undefined) return { patientId: known, key: await keys.read(known) };
      const patientId = randomUUID();
      const key = await keys.create(patientId);
      const rows = await db.run(
        "patient-create",
        "insert into patient (id, blind_index) values ($1, $2) on conflict do nothing returning id",
        [patientId, index],
      );
      if (rows.length > 0) return { patientId, key };
      // Another call made the same patient meanwhile; the key made here stays unused.
      const winner = must(await find(index), "a patient in the way of an insert is there");
      return { patientId: winner, key: await keys.read(winner) };
    },
  };
}
