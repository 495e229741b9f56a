import { strict as assert } from "node:assert";
import { POSTGRES_IDENTITY } from "../../../lib/postgres/identity";
import type { Case } from "../case";
import { query, tryInServer } from "../database";

export const hugePages: Case = {
  name: "huge-pages",
  title: "Neither the server nor the initdb before it asks for huge pages, which a node may have and a pod may not use",
  async run(e2e) {
    const [[running] = []] = await query(e2e, "show huge_pages");
    // initdb writes what it was started with into the configuration that it makes.
    const made = `${POSTGRES_IDENTITY.dataDirectory}/postgresql.conf`;
    const { stdout } = await tryInServer(e2e, ["grep", "^huge_pages", made]);
    e2e.evidence(`huge_pages is ${running}; initdb wrote: ${stdout.trim()}`);
    assert.equal(running, "off");
    assert.match(stdout, /^huge_pages = off/);
  },
};
