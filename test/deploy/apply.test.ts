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
  expect(answer).toEqual({ created: ["secret/a"], changed: [], unchanged: [], generations: { "secret/a": 0 } });
});

test("what differs in nothing but its status and versions is unchanged", async () => {
  const before = list(object("StatefulSet", "a", { spec: { replicas: 1 } }), object("Secret", "b", { spec: { x: 1 } }));
  const after = list(
    object("StatefulSet", "a", { spec: { replicas: 1 }, status: { replicas: 1 } }, "2"),
    object("Secret", "b", { spec: { x: 2 } }, "2"),
  );
  const answer = await apply(file, new FakeCluster(before, after));
  expect(answer).toMatchObject({ created: [], changed: ["secret/b"], unchanged: ["statefulset/a"] });
});

test("tells the generation that each object has now", async () => {
  const after = JSON.stringify({ kind: "Deployment", metadata: { name: "a", generation: 3 } });
  expect((await apply(file, new FakeCluster("", after))).generations).toEqual({ "deployment/a": 3 });
});

describe("where another deployment gets in between", () => {
  const colliding = (stderr: string, times: number) => {
    const cluster = new FakeCluster("", JSON.stringify(object("Job", "a")));
    const tries = jest.spyOn(cluster, "try").mockResolvedValueOnce({ code: 0, stdout: "", stderr: "" });
    for (let time = 0; time < times; time++) tries.mockResolvedValueOnce({ code: 1, stdout: "", stderr });
    return cluster;
  };
  const exists = 'Error from server (AlreadyExists): jobs.batch "a" already exists';
  const modified = "Operation cannot be fulfilled: the object has been modified; please apply your changes";

  test.each([exists, modified])("applies again: %s", async (stderr) =>
    expect((await apply(file, colliding(stderr, 2))).created).toEqual(["job/a"]),
  );

  test("gives up where it never ends", () =>
    expect(apply(file, colliding(exists, 9))).rejects.toThrow("already exists"));

  test("does not repeat what is refused", () =>
    expect(apply(file, colliding("is invalid: spec.template: field is immutable", 1))).rejects.toThrow("immutable"));
});

test("summarize counts, and names what changed", () => {
  const applied = { created: ["a/b"], changed: ["secret/a", "job/c"], unchanged: ["c/d"] };
  expect(summarize(applied)).toBe("4 objects: 1 created, 1 unchanged, 2 changed (secret/a, job/c)");
  expect(summarize({ created: ["a/b"], changed: [], unchanged: [] })).toBe("1 object: 1 created");
});
