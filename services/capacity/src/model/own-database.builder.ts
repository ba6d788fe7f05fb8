import { declareEnvironment } from "@carehub/database/clock";
import { migrate } from "@carehub/database/migrate";
import { openDatabase } from "@carehub/database/pool";
import { startPostgres } from "@carehub/local/postgres";
import { claimInstance } from "@carehub/local/state";
import { migrationsFolder, wireCapacity } from "../start-capacity.ts";
import type { ModelCapacity } from "./hub-world.builder.ts";

/** The use cases of this service on so many databases of a PostgreSQL of their own. */
export async function openOwnCapacities(
  count: number,
): Promise<{ readonly capacities: readonly ModelCapacity[]; readonly close: () => Promise<void> }> {
  const instance = await claimInstance(`model-${process.pid}`);
  const postgres = await startPostgres({ instance });
  const opened = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const url = await postgres.createDatabase(`model_${index}`);
      await migrate({ url, serviceMigrations: migrationsFolder });
      const db = openDatabase({ url, applicationName: "capacity-model", poolSizeMax: 8 });
      await declareEnvironment(db, "sandbox");
      const wired = wireCapacity(db, { onRefused: () => undefined, onHub: () => undefined });
      return { db, deps: wired.deps, close: wired.close };
    }),
  );
  const close = async () => {
    for (const each of opened) await each.close();
    await postgres.stop();
    await instance.release();
  };
  return { capacities: opened, close };
}
