import type { Kubectl } from "../../lib/deploy/kubectl";
import { beside } from "./beside";
import { e2eOf } from "./no-cluster";

const lines: string[] = [];
beforeEach(() => lines.splice(0));

const around = () => e2eOf("n", (line) => void lines.push(line));
const enter = async (kubectl: Kubectl) => kubectl;

test("another namespace has a name of its own, which its lines say", async () => {
  const other = await beside(around(), "2", enter);
  expect(other.namespace).toBe("n-2");
  other.say("so far");
  other.evidence("it holds");
  expect(lines).toEqual(["    2: so far", "  | 2: it holds"]);
});

test("it is removed with what the case made, and what cannot be removed is told", async () => {
  const e2e = around();
  const [one, two] = [await beside(e2e, "1", enter), await beside(e2e, "2", enter)];
  const removed: string[] = [];
  one.cleanUp("one", async () => void removed.push("one"));
  two.cleanUp("two", async () => {
    throw new Error("it stays");
  });
  expect(await e2e.removeAll()).toEqual(["what is in n-2: two: it stays"]);
  expect(removed).toEqual(["one"]);
});
