import { startConsumer } from "@carehub/events/consumer";
import { startService } from "@carehub/operations/start-service";
import { runService } from "@carehub/runtime/lifecycle";
import { raiseDue } from "./app/raise-due.ts";
import { loadConfig } from "./config.ts";
import { capacityReasons } from "./domain/reasons.ts";
import { subscribeCases } from "./events/consumed.ts";
import { implementCourseService } from "./grpc/course-service.ts";
import { implementHubService } from "./grpc/hub-service.ts";
import { countRefusal, createPoolWatch, watchCourses } from "./metrics.ts";
import { openCapacity } from "./start-capacity.ts";

await runService("capacity", async (logger) => {
  const config = loadConfig(process.env);
  const pools = createPoolWatch();
  const watching = { onRefused: countRefusal, onHub: pools.onHub };
  const { deps, close } = await openCapacity(config, { logger, watching });
  const { db } = deps;
  pools.open(db);
  const unwatch = watchCourses(db);
  const subscriptions = [subscribeCases(deps)] as const;
  const service = await startService({
    name: "capacity",
    ...{ config, db, logger },
    startConsumers: (common) => [
      startConsumer({ ...common, group: "capacity.cases", subscriptions }),
    ],
    raise: (due) => raiseDue(deps, due),
    services: [implementHubService(deps), implementCourseService(deps)],
    reasons: capacityReasons,
  });
  return {
    ready: service.ready,
    close: async () => {
      await service.close();
      unwatch();
      pools.close();
      await close();
    },
  };
});
