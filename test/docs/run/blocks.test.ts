import { type Block, pageNames, readBlocks } from "../../../scripts/docs/blocks";
import { migratedDatabase } from "../../../scripts/docs/migrated-database";
import { fits, type Step, stepsOf } from "../../../scripts/docs/transcript";
import { usePostgres } from "../../support/postgres";
import { Checkout } from "./checkout";

const postgres = usePostgres();

const pages = pageNames()
  .map((name) => ({ name, blocks: readBlocks(name).blocks.filter(({ place }) => place && place !== "cluster") }))
  .filter(({ blocks }) => blocks.length > 0);

const titleOf = ({ text }: Block) => text.split("\n")[0]?.replaceAll("%", "%%") ?? "";

/** The blocks of one page follow one another in one folder, and on one database. */
describe.each(pages)("$name", ({ blocks }) => {
  let checkout: Checkout;
  let url = "";

  beforeAll(async () => {
    checkout = await Checkout.make();
    if (!blocks.some(({ place }) => place === "database")) return;
    await postgres.query(postgres.server.url(), "drop database if exists diabrisk");
    url = await migratedDatabase(postgres.server, "diabrisk");
  });
  afterAll(() => checkout.remove());

  test.each(blocks.map((block) => ({ ...block, title: titleOf(block) })))("line $line: $title", async (block) => {
    for (const step of stepsOf(block)) await follow(step, block);
  });

  async function follow({ command, expected }: Step, { place }: Block): Promise<void> {
    const output = await checkout.type(command, place === "database" ? { DATABASE_URL: url } : {});
    // The whole of both where they differ, so that the page can be corrected from what jest shows.
    if (expected && !fits(expected, output)) expect(output).toBe(expected.join("\n"));
  }
});
