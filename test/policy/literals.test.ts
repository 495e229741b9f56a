import { isSecretName, literalIn, literalInArguments } from "../../lib/policy/kubernetes/literals";

describe("a literal password", () => {
  test.each([
    ["POSTGRES_PASSWORD", "x1"],
    ["dbPassword", "hunter2"],
    ["client-secret", "placeholder"],
    ["URL", "postgres://diabrisk:hunter2@postgres:5432/diabrisk"],
    ["URL", "redis://:hunter2@cache"],
    ["app.properties", "a = 1\ndb.password = hunter2\n"],
    ["settings.json", '{"apiKey": "hunter2"}'],
    ["tls.pem", "-----BEGIN RSA PRIVATE KEY-----\nabc"],
    ["NOTE", "use AKIAIOSFODNN7EXAMPLE"],
    ["SEED", "kJ8sQ2mZx0VbN4tLp7RwYc3H"],
  ])("is found: %s=%s", (name, value) => expect(literalIn(name, value)).toBeDefined());

  test.each([
    ["--password=hunter2"],
    ["--password", "hunter2"],
    ["-token", "abc"],
    ["sh", "-c", "PGPASSWORD=abc psql"],
  ])("is found among arguments: %s %s %s", (...args) => expect(literalInArguments(args)).toHaveLength(1));
});

describe("no literal password", () => {
  test.each([
    ["checksum/credentials", "d0359eebab1ef0c7"],
    ["checksum/secret", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    ["IMAGE", "postgres:16.14-alpine@sha256:57c72fd2a128e416c7fcc499958864df5301e940bca0a56f58fddf30ffc07777"],
    ["POSTGRES_PASSWORD_FILE", "/etc/diabrisk/database/password"],
    ["PASSWORD", "$(PASSWORD_FROM_ELSEWHERE)"],
    ["PASSWORD", ""],
    ["password", "{{ .password }}"],
    ["url", "postgres://diabrisk:{{ .password | urlquery }}@postgres:5432/diabrisk"],
    ["postgresql.conf", "password_encryption = 'scram-sha-256'\nssl_key_file = '/etc/tls/tls.key'\n"],
    ["TOKEN_TTL_SECONDS", "3600"],
    ["SECRET_NAME", "postgres-secret"],
    ["HOST", "data-svc.diabrisk.svc.cluster.local"],
    ["JAVA_OPTS", "-XX:MaxRAMPercentage=75.0 -XX:+UseG1GC"],
    ["app.kubernetes.io/managed-by", "cdk8s"],
  ])("is reported: %s=%s", (name, value) => expect(literalIn(name, value)).toBeUndefined());

  test("of flags about passwords", () => {
    expect(literalInArguments(["--password-file", "/run/password", "--token-ttl=5m", "--password", "$(PW)"])).toEqual(
      [],
    );
  });

  test("of names that only speak of secrets", () => {
    for (const name of ["passwordMinLength", "tokenEndpoint", "secretRef", "monkey"])
      expect(isSecretName(name)).toBe(false);
  });
});
