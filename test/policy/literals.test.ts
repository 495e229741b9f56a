import { literalIn, literalInArguments } from "../../lib/policy/kubernetes/literals";
import { isSecretName } from "../../lib/policy/kubernetes/secret-names";

// No one's key: letters of both cases and digits without order.
const KEY = "kJ8sQ2mZx0VbN4tLp7RwYc3HdF6g";
const CERTIFICATE = `-----BEGIN CERTIFICATE-----\nMIIB${KEY}${KEY}\n${KEY}==\n-----END CERTIFICATE-----\n`;

const NAMES =
  "DBPASSWORD MYSQLPASSWORD rootpassword dbpass userpwd GITHUBTOKEN apitoken SECRET_KEY_BASE RAILS_MASTER_KEY APP_KEY " +
  "JWT_KEY HMAC_KEY MASTER_KEY DB_PASSWORD_PROD ADMIN_PASSWORD2 PASSCODE REDIS_AUTH PGPASSWORD PGPASS requirepass";
const OTHER_NAMES = "passwordMinLength tokenEndpoint secretRef monkey bypass compass MAX_TOKEN eos_token sshKeyPath";

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
    ["password", "hunter2hunter2\n"],
    ["config.json", '{"user":"a","password":"hunter2"}'],
    ["config.json", '{\\"user\\":\\"a\\",\\"password\\":\\"hunter2\\"}'],
    ["app.conf", "user:a\npassword:hunter2"],
    ["app.yaml", "password: |\n  hunter2\n"],
    ["app.yaml", "env:\n  - name: DB_PASSWORD\n    value: hunter2\n"],
    ["app.xml", "<user>a</user><password>hunter2</password>"],
    ["app.py", 'TOKEN = "hunter2"'],
    ["app.rb", "'password' => 'hunter2'"],
    ["URL", "jdbc:postgresql://postgres/x?user=a&password=hunter2"],
    ["DSN", "a:hunter2@tcp(db:3306)/x"],
    ["redis.conf", "port 6379\nrequirepass hunter2\n"],
    [".pgpass", "postgres:5432:*:a:hunter2\n"],
    ["init.sql", "create role a login password 'hunter2';"],
    ["init.sql", "CREATE USER 'a'@'%' IDENTIFIED BY 'hunter2';\nCREATE USER a IDENTIFIED BY 'hunter2';"],
    ["proxy.conf", 'proxy_set_header Authorization "Basic YTpodW50ZXIy";'],
    ["run.sh", "curl -s -u a:hunter2 http://x"],
    ["PASSWORD", "$ecretPassw0rd"],
    ["PASSWORD", "/Pa55word!"],
    ["PASSWORD", "p{{q"],
  ])("is found: %s=%s", (name, value) => expect(literalIn(name, value)).toBeDefined());

  test.each([
    ["--password=hunter2"],
    ["--password", "hunter2"],
    ["-token", "abc"],
    ["sh", "-c", "PGPASSWORD=abc psql"],
    ["redis-server", "--requirepass", "hunter2"],
    ["--dbpassword=hunter2"],
    ["curl", "-u", "a:hunter2", "http://x"],
    ["mysql", "-phunter2"],
    ["redis-cli", "-a", "hunter2"],
    ["sshpass", "-p", "hunter2", "ssh"],
    ["curl", "-H", "Authorization: Bearer hunter2hunter2"],
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
    ["ca.crt", CERTIFICATE],
    ["known_hosts", `github.com ssh-rsa AAAA${KEY}${KEY}\n|1|${KEY}=|${KEY}= ssh-ed25519 AAAA${KEY}`],
    ["index.html", `<script integrity="sha384-${KEY}${KEY}"></script>`],
    ["nginx.ingress.kubernetes.io/auth-secret", "basic"],
    ["nginx.ingress.kubernetes.io/auth-tls-secret", "diabrisk/ca"],
    ["TLS_SECRET", "web-tls"],
    ["MAX_TOKEN", "4096"],
    ["release.yml", "permissions:\n  id-token: write"],
    ["PASSWORD", "<from-secret>"],
    ["PASSWORD", "%(ENV_PASSWORD)s"],
    ["PASSWORD", "vault:secret/data/db#password"],
    ["PASSWORD", "ENC[AES256_GCM,data:abc]"],
    ["PASSWORD", "$DB_PASSWORD_1"],
    ["PASSWORD", "{{ .a }}-{{ .b }}"],
    ["app.py", 'token = os.environ["TOKEN"]\nif token == "":\n  pass'],
    ["app.js", "const token = req.headers.authorization;\nfetch(url, { credentials: 'include' });"],
    ["app.ts", "login(token: string): void;\nconst token = await login();"],
    ["app.yaml", `credentials:\n  username: a\npassword: \${PASSWORD}\ncredentials: include`],
    ["app.json", `{"secret":{"name":"x"},"token":null,"password":"\${PW}"}`],
    ["run.sh", 'TOKEN=`cat /x`\nPASSWORD=$(cat /y)\ncurl -u "$USER:$PASSWORD" x\nmysql -p"$PASSWORD" -h db'],
    ["images", "registry/vault-token:1.2"],
    ["addresses", "00:11:22:33:44:55\n12:30:45"],
    ["NOTE", "Authorization: Bearer tokens are needed; see the password rules"],
    ["init.sql", `alter role a password :'password'; alter role a password '\${PASSWORD}'`],
  ])("is reported: %s=%s", (name, value) => expect(literalIn(name, value)).toBeUndefined());

  test("of flags about passwords", () => {
    const given = [
      ["--password-file", "/run/password", "--token-ttl=5m", "--password", "$(PW)"],
      ["--default-ssl-secret=diabrisk/web-tls"],
      ["docker", "run", "mysql", "-p3306:3306"],
    ];
    expect(given.flatMap(literalInArguments)).toEqual([]);
  });
});

test.each(NAMES.split(" "))("%s is a secret's name", (name) => expect(isSecretName(name)).toBe(true));

test.each(OTHER_NAMES.split(" "))("%s only speaks of secrets, if at all", (name) =>
  expect(isSecretName(name)).toBe(false),
);
