import type { AlertFault } from "./alert-faults";
import { AlertProof } from "./alert-proof";
import { e2eOf } from "./no-cluster";

const happened: string[] = [];
beforeEach(() => happened.splice(0));

const fault = (name: string, more: Partial<AlertFault> = {}): AlertFault => ({
  name,
  alerts: [`${name} critical`],
  seconds: 0,
  async begin() {
    happened.push(`${name} begins`);
    return async () => void happened.push(`${name} ends`);
  },
  ...more,
});

/** Proves faults with a Prometheus that answers this, one look after another. */
async function prove(faults: readonly AlertFault[], ...answers: readonly (readonly string[])[]) {
  const looks = answers.values();
  const firing = async () => looks.next().value ?? [];
  const lines: string[] = [];
  const e2e = e2eOf("n", (line) => void lines.push(line));
  const problems = await new AlertProof(e2e, { firing }).of(faults);
  return { problems, lines, figures: Object.keys(e2e.takeFigures()) };
}

test("a fault that raises its alert and ends it keeps the promise, and is measured", async () => {
  const { problems, figures } = await prove([fault("A"), fault("B")], ["A critical"], [], ["B critical"], []);
  expect(problems).toEqual([]);
  expect(happened).toEqual(["A begins", "A ends", "B begins", "B ends"]);
  expect(figures).toEqual(["seconds until A critical (A)", "seconds until B critical (B)"]);
});

test("another alert breaks it; the fault is ended, and the next one is tried once all is quiet", async () => {
  const { problems } = await prove([fault("A"), fault("B")], ["X critical"], [], [], ["B critical"], []);
  expect(problems).toEqual(["A: other alerts fire: X critical"]);
  expect(happened).toEqual(["A begins", "A ends", "B begins", "B ends"]);
});

test("an alert that does not come in time breaks it", async () => {
  const { problems } = await prove([fault("A")], []);
  expect(problems).toEqual(["A: A critical to fire was not ready after 0 s: none fires"]);
  expect(happened).toEqual(["A begins", "A ends"]);
});

test("alerts that may come with it break nothing, and those that linger do not after it, either", async () => {
  const first = fault("A", { also: ["Y critical"], lingers: ["Z warning"] });
  const looks = [["A critical", "Y critical", "Z warning"], ["Z warning"], ["B critical", "Z warning"], ["Z warning"]];
  expect((await prove([first, fault("B")], ...looks)).problems).toEqual([]);
});

test("a fault that cannot be made is told, and breaks no other", async () => {
  const begin = async () => {
    throw new Error("it cannot be made");
  };
  const { problems } = await prove([fault("A", { begin }), fault("B")], [], [], ["B critical"], []);
  expect(problems).toEqual(["A: it cannot be made"]);
});
