import { readFile } from "node:fs/promises";

/** The PEM texts of one side: the authority that it trusts, its own certificate and key. */
export type Tls = {
  readonly ca: string | Buffer;
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
};

/** Reads the three PEM files of a configuration. */
export async function readTls(files: { ca: string; cert: string; key: string }): Promise<Tls> {
  const [ca, cert, key] = await Promise.all([
    readFile(files.ca),
    readFile(files.cert),
    readFile(files.key),
  ]);
  return { ca, cert, key };
}
