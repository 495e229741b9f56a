import { apply, summarize } from "../../lib/deploy/apply";
import { Kubectl, type KubeObject, type Outcome } from "../../lib/deploy/kubectl";

const object = (kind: string, name: string, more: Partial<KubeObject> = {}, resourceVersion = "1") => ({
  kind,
  ...more,
  metadata: { name, resourceVersion },
});

/** Has the first objects, and after `apply` the second ones. */
class FakeCluster extends Kubectl {
  constructor(
    readonly before: string,
    readonly after: string,
  ) {
    super({});
  }

  override async try([command]: readonly string[]): Promise<Outcome> {
    return { code: 0, stdout: command === "get" ? this.before : this.after, stderr: "" };
  }
}

const list = (...items: object[]) => JSON.stringify({ kind: "List", items });
const file = { path: "x.yaml" };

test("what was not there is created", async () => {
  const answer = await apply(file, new FakeCluster("", JSON.stringify(object("Secret", "a"))));
  expect(answer).toEqual({ created: ["secret/a"], changed: [], unchanged: [] });
});

test("what differs in nothing but its status and versions is unchanged", async () => {
  const before = list(object("StatefulSet", "a", { spec: { replicas: 1 } }), object("Secret", "b", { spec: { x: 1 } }));
  const after = list(
    object("StatefulSet", "a", { spec: { replicas: 1 }, status: { replicas: 1 } }, "2"),
    object("Secret", "b", { spec: { x: 2 } }, "2"),
  );
  const answer = await apply(file, new FakeCluster(before, after));
  expect(answer).toEqual({ created: [], changed: ["secret/b"], unchanged: ["statefulset/a"] });
});

test("summarize counts, and names what changed", () => {
  const applied = { created: ["a/b"], changed: ["secret/a", "job/c"], unchanged: ["c/d"] };
  expect(summarize(applied)).toBe("4 objects: 1 created, 1 unchanged, 2 changed (secret/a, job/c)");
  expect(summarize({ created: ["a/b"], changed: [], unchanged: [] })).toBe("1 object: 1 created");
});
