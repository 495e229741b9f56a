import * as fs from "node:fs";
import * as path from "node:path";
import type { KeyPair } from "../../lib/secrets/certificates";
import type { TestPostgres } from "./postgres";

/** Has the server show `pair` to new connections. */
export async function secured(postgres: TestPostgres, pair: KeyPair): Promise<void> {
  const url = postgres.server.url();
  const settings = {
    ssl_cert_file: write(postgres, "server.crt", pair.certificate),
    ssl_key_file: write(postgres, "server.key", pair.key),
    ssl: "on",
  };
  for (const [name, value] of Object.entries(settings))
    await postgres.query(url, `alter system set ${name} = '${value}'`);
  await postgres.query(url, "select pg_reload_conf()");
  while (!(await isOn(postgres))) await new Promise((resolve) => setTimeout(resolve, 20));
}

const isOn = async (postgres: TestPostgres) =>
  (await postgres.query<{ ssl: string }>(postgres.server.url(), "show ssl"))[0]?.ssl === "on";

/** As the server's user, which alone may read a key. */
function write({ server }: TestPostgres, name: string, text: string): string {
  const file = path.join(server.directory, name);
  const { uid, gid } = fs.statSync(path.join(server.directory, "data"));
  fs.writeFileSync(file, text, { mode: 0o600 });
  fs.chownSync(file, uid, gid);
  return file;
}
