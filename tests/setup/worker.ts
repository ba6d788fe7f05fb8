import { registerMigrate } from "@carehub/testing/database";

// Loaded only where a template is made: the migration engine is large.
registerMigrate(async (options) => {
  const { migrate } = await import("@carehub/database/migrate");
  return migrate(options);
});
