import { strict as assert } from "node:assert";
import { type DatabaseUser, databaseUsers, randomPassword, secretName } from "../../../lib/secrets/credentials";
import { rotatable } from "../../../lib/secrets/required";
import type { Case, E2e } from "../case";
import { credentialsInCluster, endIdleSessions, running, untilFollowed } from "../rotation";
import { refresh, storeOf } from "../secret-store";
import { assertAllAnswered, startTraffic } from "../traffic";

export const prodRotation: Case = {
  name: "prod-rotation",
  title:
    "Every password is changed in the store under load: the new ones work, the old ones do not, no request fails, nothing restarts",
  async run(e2e) {
    const [as, before] = [await running(e2e), await credentialsInCluster(e2e)];
    const traffic = await startTraffic(e2e);
    await changeInStore(e2e);
    const after = await credentialsInCluster(e2e);
    const roles = rotatable(e2e.stage).filter((what) => what !== "tls");
    const seconds = await Promise.all(roles.map((what) => untilFollowed(e2e, what, before, after)));
    e2e.evidence(`${roles.join(", ")}: the new password is accepted over TLS, the old one refused`);
    e2e.figure("seconds from a filled Secret to every new password", Math.ceil(Math.max(...seconds)));
    await endIdleSessions(e2e);

    await assertAllAnswered(traffic, 200);
    e2e.evidence((await running(e2e)).join("\n"));
    assert.deepEqual(await running(e2e), as);
  },
};

/** New passwords in the store, and from there in the Secrets. */
async function changeInStore(e2e: E2e): Promise<void> {
  const { secrets } = e2e.stage;
  assert.ok(secrets.kind === "external", "the stage has no store");
  const place = (user: DatabaseUser) => `${secrets.path}/${secretName(user)}`;
  const passwords = Object.fromEntries(databaseUsers(e2e.stage).map((user) => [place(user), randomPassword()]));
  await (await storeOf(e2e)).change("password", passwords);
  await refresh(e2e, databaseUsers(e2e.stage).map(secretName));
  const filled = async () => {
    const now = (await credentialsInCluster(e2e)).passwords;
    return databaseUsers(e2e.stage).filter((user) => now[user] !== passwords[place(user)]);
  };
  await e2e.wait({
    what: "the Secrets to have the store's values",
    seconds: 60,
    async poll() {
      const late = await filled();
      return { state: late.length === 0 ? "ready" : "waiting", detail: `${late.join(", ")} not yet` };
    },
  });
}
