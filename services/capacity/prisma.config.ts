import { defineConfig } from "prisma/config";

/** Only for `prisma generate`; migrations are applied by @carehub/database when a service starts. */
export default defineConfig({ schema: "prisma/schema.prisma" });
