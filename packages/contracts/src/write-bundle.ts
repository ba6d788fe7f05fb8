/** `npm run contracts:bundle`: writes the client bundle as a folder and as an archive. */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type Bundle, bundleFolder, makeBundle, packBundle, versionFile } from "./bundle.ts";

const help = `npm run contracts:bundle [-- --out FOLDER]

Writes what a partner needs to write a client in any language: every proto with its imports, a
descriptor set, how to generate and call, and the licences. Two things in FOLDER (default: dist):

  ${bundleFolder}/                      the bundle; one that was there is replaced
  ${bundleFolder}-VERSION.tar.gz        the same as an archive: equal contracts, equal bytes

VERSION is the release and a hash of the contents.
`;

const root = join(import.meta.dirname, "../../..");

try {
  const { values } = parseArgs({
    options: { help: { type: "boolean" }, out: { type: "string", default: join(root, "dist") } },
  });
  process.stdout.write(values.help ? help : write(resolve(values.out)));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}

function write(out: string): string {
  const bundle = makeBundle(root);
  const folder = join(out, bundleFolder);
  const archive = join(out, `${bundleFolder}-${bundle.version}.tar.gz`);
  mkdirSync(out, { recursive: true });
  writeFolder(folder, bundle);
  writeFileSync(`${archive}.${process.pid}`, packBundle(bundle));
  renameSync(`${archive}.${process.pid}`, archive);
  return `${folder}\n${archive}\n`;
}

// Whole or not at all, and never over a folder that holds something else.
function writeFolder(folder: string, { files }: Bundle): void {
  if (existsSync(folder) && !existsSync(join(folder, versionFile))) {
    throw new Error(
      `${folder} is there and is no client bundle: remove it or choose another --out`,
    );
  }
  const draft = `${folder}.${process.pid}`;
  for (const { path, content } of files) {
    const file = join(draft, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  rmSync(folder, { recursive: true, force: true });
  renameSync(draft, folder);
}
