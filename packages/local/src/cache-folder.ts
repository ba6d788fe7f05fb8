import { homedir } from "node:os";
import { join } from "node:path";

/** The user's folder for what is downloaded once and kept between runs. */
export function cacheFolder(env = process.env): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "carehub");
}
