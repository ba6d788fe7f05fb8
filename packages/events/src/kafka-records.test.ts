import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

// In a process as services start: the telemetry's hooks change what `require` gives out.
test("takes the library's place also in a process that starts with the telemetry", () => {
  const script = `
    import { createRequire } from "node:module";
    await import("./packages/events/src/kafka.ts");
    const { encodeRecord } = await import("./packages/events/src/kafka-records.ts");
    const require = createRequire("${import.meta.filename}");
    const used = require("kafkajs/src/protocol/recordBatch/record/v0/index.js");
    process.exit(used === encodeRecord ? 0 : 7);`;
  const preload = "./packages/runtime/src/telemetry.ts";
  const args = ["--import", preload, "--input-type=module", "--eval", script];
  const { status, stderr } = spawnSync(process.execPath, args, {
    encoding: "utf8",
    timeout: 20_000,
  });
  expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
}, 25_000);
