import type { Kubectl } from "../../lib/deploy/kubectl";
import { checkSecrets, describeSecrets } from "../../lib/deploy/secrets";
import { requiredSecrets } from "../../lib/secrets/required";
import { clustered, common } from "../support/stages";

const SECRETS = requiredSecrets(common);

/** A cluster whose Secrets have all keys, but for what is given. */
const cluster = (others: Readonly<Record<string, object | undefined>>, namespace = common.namespace): Kubectl =>
  ({
    namespace,
    in: (other: string) => cluster(others, other),
    get: async (what: string) => {
      const place = (secret: (typeof SECRETS)[number]) => (secret.drill ? "hospital-drill" : "hospital");
      const { name, keys } = SECRETS.find(
        (secret) => what === `secret/${secret.name}` && place(secret) === namespace,
      ) ?? { keys: [] };
      if (name !== undefined && name in others) return others[name];
      return { data: Object.fromEntries(keys.map((key) => [key, "eA=="])) };
    },
  }) as unknown as Kubectl;

test("a complete stage lacks nothing", async () => {
  const states = await checkSecrets(common, cluster({}));
  expect(states.filter(({ present, missing }) => !present || missing.length > 0)).toEqual([]);
});

test("names the Secret that is not there, and the keys that are not or are empty", async () => {
  const half = { data: { username: "eA==", password: "" } };
  const states = await checkSecrets(common, cluster({ "postgres-tls": undefined, "postgres-backup": half }));
  const lines = describeSecrets(states).split("\n");
  expect(lines.filter((line) => !line.startsWith("ok "))).toEqual([
    expect.stringMatching(/^lacks +postgres-backup +password, url +\(backup\)$/),
    expect.stringMatching(/^missing +postgres-tls +tls\.crt, tls\.key, ca\.crt +\(the server's certificate\)$/),
  ]);
  expect(lines).toHaveLength(SECRETS.length);
});

test("a cluster's archive has a Secret of its own, which nobody else's stage needs", () => {
  const names = (stage: Parameters<typeof requiredSecrets>[0]) => requiredSecrets(stage).map(({ name }) => name);
  expect(names(clustered).filter((name) => !names(common).includes(name))).toEqual(["archive-store"]);
  expect(requiredSecrets(clustered).find(({ name }) => name === "archive-store")?.keys).toEqual([
    ...["access-key-id", "secret-access-key", "region"],
  ]);
});
