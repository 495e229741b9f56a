import { howToRotate, showPlaces, showValues } from "../../lib/secrets/show";
import { dev } from "../../lib/stages/dev";
import { FAKE_CREDENTIALS } from "../support/manifests";
import { common } from "../support/stages";

test("of a stage that makes them up, the values of the one that is asked for alone", () => {
  const { passwords } = FAKE_CREDENTIALS;
  const text = showValues(FAKE_CREDENTIALS, dev, "diabrisk", "data_svc");
  expect(text).toContain(
    `data_svc (Secret postgres-data-svc)\n  username  data_svc\n  password  ${passwords.data_svc}`,
  );
  expect(text).toContain("kubectl --namespace diabrisk port-forward service/postgres 5432");
  expect(text).toContain(
    "kubectl --namespace diabrisk get secret postgres-tls --output 'jsonpath={.data.ca\\.crt}' | base64 -d > ca.crt",
  );
  for (const other of ["diabrisk", "migrator", "backup"] as const) expect(text).not.toContain(passwords[other]);
});

test("of a stage with a store, where each is, and no value", () => {
  const text = showPlaces(common);
  expect(text).toContain("superuser: Secret postgres-secret, property password of hospital/prod/postgres-secret");
  expect(text).toContain("auth_svc: Secret postgres-auth-svc, property password of hospital/prod/postgres-auth-svc");
  expect(text).toContain("tls: Secret postgres-tls, made by cert-manager");
  expect(text).toContain("data-svc-tls: Secret data-svc-tls, made by cert-manager");
});

test("a store's password is changed in the store, and the way is said", () => {
  expect(howToRotate(common, "monitor")).toMatch(
    /^Stage prod keeps its passwords in a store.*hospital\/prod\/postgres-monitor.*force-sync/s,
  );
  expect(howToRotate(common, "tls")).toContain("cmctl renew --namespace hospital postgres-tls");
  expect(howToRotate(common, "data-svc-tls")).toContain("cmctl renew --namespace hospital data-svc-tls");
});
