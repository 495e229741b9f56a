import { useFolder } from "./support/judged-folder";

const folder = useFolder();

const deployment = (name: string, image = name) =>
  `---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}, namespace: a}\nspec: {replicas: 1, selector: {matchLabels: {app: x}}, template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: "example.com/${image}:1"}]}}}\n`;
const SERVICE =
  "---\napiVersion: v1\nkind: Service\nmetadata: {name: s, namespace: a}\nspec: {selector: {app: x}, ports: [{port: 80, targetPort: http}]}\n";

const found = (text: string, rule: string) => folder.relations(text).filter((each) => each.startsWith(`${rule}: `));

test("a workload whose selector matches others has one finding, which counts them", () => {
  const names = ["one", "two", "three", "four", "five", "six"];
  const text = names.map((name) => deployment(name)).join("") + SERVICE;
  expect(found(text, "selector-matches")).toEqual(
    names.map((name) => {
      const [first, second, third] = names.filter((each) => each !== name).map((each) => `Deployment a/${each}`);
      const what = `matches the pods of ${first}, ${second}, ${third} and 2 more`;
      return `selector-matches: Deployment a/${name}: spec.selector ${what}`;
    }),
  );
  expect(found(text, "service-selects")).toHaveLength(1);
  expect(found(text, "service-port")).toEqual([expect.stringMatching(/Deployment a\/three and 3 more lacks for TCP$/)]);
});

test("two others are both named", () =>
  expect(found(["b", "c", "d"].map((name) => deployment(name)).join(""), "selector-matches")[0]).toBe(
    "selector-matches: Deployment a/b: spec.selector matches the pods of Deployment a/c and Deployment a/d",
  ));

test("a workload that two files have is one, which object-unique tells, and no rival of itself", () => {
  const twice = deployment("b", "old") + deployment("b", "new") + SERVICE.replace("http", "80");
  expect(folder.relations(twice)).toEqual(["object-unique: Deployment a/b: metadata.name is another object's"]);
});

test("a Service's number leads to pods that declare no port, and may be a slip beside one that they do", () => {
  const service = SERVICE.replace("http", "8080");
  expect(found(deployment("b") + service, "service-port")).toEqual([]);
  const declaring = deployment("b").replace("name: c,", "name: c, ports: [{containerPort: 80}],");
  expect(found(declaring + service, "service-port")).toEqual([
    "service-port: Service a/s: spec.ports[0].targetPort is 8080, which Deployment a/b does not declare for TCP",
  ]);
});
