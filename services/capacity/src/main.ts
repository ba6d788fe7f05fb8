import { watchPublished } from "@carehub/database/published-watch";
import { startConsumer } from "@carehub/events/consumer";
import { startService } from "@carehub/operations/start-service";
import { runService } from "@carehub/runtime/lifecycle";
import { raiseDue } from "./app/raise-due.ts";
import { startSearchIndex } from "./app/search-index.ts";
import { loadConfig } from "./config.ts";
import { capacityReasons } from "./domain/reasons.ts";
import { subscribeCases } from "./events/consumed.ts";
import { implementCourseChangeService } from "./grpc/course-change-service.ts";
import { implementCourseSearchService } from "./grpc/course-search-service.ts";
import { implementCourseService } from "./grpc/course-service.ts";
import { implementDisruptionService } from "./grpc/disruption-service.ts";
import { implementExternalBookingService } from "./grpc/external-booking-service.ts";
import { implementHubService } from "./grpc/hub-service.ts";
import { implementOpeningService } from "./grpc/opening-service.ts";
import { implementOverrideService } from "./grpc/override-service.ts";
import { implementSessionService } from "./grpc/session-service.ts";
import { implementWatchService } from "./grpc/watch-service.ts";
import { countRefusal, createPoolWatch, watchCourses, watchSearchLag } from "./metrics.ts";
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
  const published = await watchPublished(db, { logger });
  const onFailed = (err: unknown) => logger.warn({ err }, "the search index was not refreshed");
  const searchIndex = await startSearchIndex({ ...deps, published, onFailed });
  const unwatchLag = watchSearchLag(searchIndex.lag);
  const service = await startService({
    name: "capacity",
    ...{ config, db, logger },
    startConsumers: (common) => [
      startConsumer({ ...common, group: "capacity.cases", subscriptions }),
    ],
    raise: (due) => raiseDue(deps, due),
    services: [
      implementDisruptionService(deps),
      implementHubService(deps),
      implementCourseService(deps),
      implementCourseChangeService(deps),
      implementCourseSearchService({ db, searchIndex }),
      implementExternalBookingService(deps),
      implementOpeningService(deps),
      implementOverrideService(deps),
      implementSessionService(deps),
      implementWatchService({ ...deps, published }),
    ],
    reasons: capacityReasons,
  });
  return {
    ready: service.ready,
    close: async () => {
      await service.close();
      await searchIndex.close();
      await published.close();
      unwatchLag();
      unwatch();
      pools.close();
      await close();
    },
  };
});
