import { randomUUID } from "node:crypto";
import type { Database } from "@carehub/database/pool";
import { must } from "@carehub/rules/fault";
import type { KeyStore } from "./key-store.ts";

/** A patient by random id, with the key that seals all that is known of them. */
export type PatientKey = { readonly patientId: string; readonly key: Uint8Array };

/** The patients, found by the blind index of their identity document. */
export type PatientStore = {
  /**
   * The patient of that index; a new one gets a random id and a key first, unless `admit` throws at that time: nothing is
   * stored then. Safe to repeat and to race.
   */
  readonly findOrCreate: (
    index: Uint8Array,
    admit: (now: Temporal.Instant) => void,
  ) => Promise<PatientKey>;
};

/** Opens the patients. */
export function openPatientStore(db: Database, keys: KeyStore): PatientStore {
  const find = async (index: Uint8Array) => {
    const rows = await db.run<{ id: string | null; now: Temporal.Instant }>(
      "patient-find",
      "select (select id from patient where blind_index = $1) as id, app.now() as now",
      [index],
    );
    return must(rows[0], "a select without a table has a row");
  };
  return {
    findOrCreate: async (index, admit) => {
      const { id: known, now } = await find(index);
      if (known !== null) return { patientId: known, key: await keys.read(known) };
      admit(now);
      const patientId = randomUUID();
      const key = await keys.create(patientId);
      const rows = await db.run(
        "patient-create",
        "insert into patient (id, blind_index) values ($1, $2) on conflict do nothing returning id",
        [patientId, index],
      );
      if (rows.length > 0) return { patientId, key };
      // Another call made the same patient meanwhile; the key made here stays unused.
      const winner = must((await find(index)).id, "a patient in the way of an insert is there");
      return { patientId: winner, key: await keys.read(winner) };
    },
  };
}
