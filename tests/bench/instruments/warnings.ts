/** Warnings of libraries that say nothing about us: of kafkajs, and of the WASM of migrations. */
export const quietWarnings = ["TimeoutNegativeWarning", "ExperimentalWarning"] as const;

/** Keeps them off this process's standard error; all others go there as usual. */
export function quietenWarnings(): void {
  process.removeAllListeners("warning");
  process.on("warning", (warning) => {
    if ((quietWarnings as readonly string[]).includes(warning.name)) return;
    console.error(`${warning.name}: ${warning.message}`);
  });
}
