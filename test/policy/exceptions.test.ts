import { annotate, Finished } from "./support/break";

const names = (set: Finished) => set.violations().map(({ rule, object }) => `${rule} ${object}`);
const EXCEPTION = { "policy.diabrisk.io/except-host-port": "the node's agent asks it there" };

describe("an exception", () => {
  const withPort = () => {
    const set = new Finished();
    set.container.ports[0].hostPort = 8080;
    return set;
  };

  test("lets its object break the rule", () => {
    const set = withPort();
    annotate(set.service, EXCEPTION);
    expect(names(set)).toEqual([]);
  });

  test("is no other object's", () => {
    const set = withPort();
    set.database.metadata.annotations = EXCEPTION;
    expect(names(set)).toEqual([
      "host-port Deployment diabrisk/data-svc",
      "exception-unused StatefulSet diabrisk/postgres",
    ]);
  });

  test("of another rule changes nothing and is reported", () => {
    const set = withPort();
    annotate(set.service, { "policy.diabrisk.io/except-host-path": "the node's agent asks it there" });
    expect(names(set)).toEqual([
      "host-port Deployment diabrisk/data-svc",
      "exception-unused Deployment diabrisk/data-svc",
    ]);
  });

  test("cannot be excepted itself", () => {
    const set = new Finished();
    annotate(set.service, { "policy.diabrisk.io/except-exception-unused": "we like our exceptions" });
    expect(names(set)).toEqual(["exception-unused Deployment diabrisk/data-svc"]);
  });
});
