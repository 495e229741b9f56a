import { X509Certificate } from "node:crypto";
import { CREDENTIAL_KEYS, DATABASE, TLS_KEYS, TLS_SECRET } from "../contract";
import type { ExternalSecrets, Stage } from "../stages/stage";
import { type Credentials, databaseUrl, passwordOf, secretName } from "./credentials";
import { OAUTH_SECRET, type Rotatable, rotatable, userOf } from "./required";

/** Shows what a person needs to connect, with values, for a stage with generated ones. */
export function showValues(
  credentials: Credentials,
  stage: Pick<Stage, "clients">,
  namespace: string,
  what?: Rotatable,
): string {
  const wanted = what === undefined ? rotatable(stage) : [what];
  const parts = wanted.map((name) => (name === "tls" ? certificate(credentials) : login(credentials, name)));
  return [...parts, connecting(namespace)].join("\n");
}

function login(credentials: Credentials, name: Rotatable): string {
  const user = userOf(name);
  const password = passwordOf(credentials, user);
  return `${name} (Secret ${secretName(user)})
  username  ${user}
  password  ${password}
  url       ${databaseUrl(user, password)}
`;
}

function certificate({ tls: { authority, server } }: Credentials): string {
  const { validTo, serialNumber } = new X509Certificate(server.certificate);
  return `tls (Secret ${TLS_SECRET})
  serial    ${serialNumber}, until ${validTo}
  authority, for sslrootcert:
${authority.certificate.trimEnd()}
`;
}

const connecting = (namespace: string) =>
  `From this machine, with the authority in the file ca.crt:
${readSecret(namespace, TLS_SECRET, TLS_KEYS.authority)} > ca.crt
  kubectl --namespace ${namespace} port-forward service/${DATABASE.host} ${DATABASE.port} &
  psql 'host=${DATABASE.host} hostaddr=127.0.0.1 dbname=${DATABASE.name} user=… sslmode=verify-full sslrootcert=ca.crt'
As the superuser, without a password: kubectl --namespace ${namespace} exec -it postgres-0 -- psql -U ${DATABASE.superuser} ${DATABASE.name}`;

/** Shows where the values are, for a stage that keeps them in a store. */
export function showPlaces(stage: Stage, what?: Rotatable): string {
  const { namespace, secrets, certificate } = stage;
  const wanted = what === undefined ? rotatable(stage) : [what];
  const lines = wanted.flatMap((name) => {
    if (name === "tls") return [`tls: Secret ${TLS_SECRET}, ${issued(certificate)}`];
    const secret = secretName(userOf(name));
    return [`${name}: Secret ${secret}${secrets.kind === "external" ? `, ${stored(secrets, secret)}` : ""}`];
  });
  return `${lines.join("\n")}
Google's client: Secret ${OAUTH_SECRET}
Who may read Secrets reads a value, and the authority, with
${readSecret(namespace, secretName(DATABASE.superuser), CREDENTIAL_KEYS.password)}
${readSecret(namespace, TLS_SECRET, TLS_KEYS.authority)}`;
}

/** Prints a Secret's value. jsonpath takes a dot in a key for the next level, unless a backslash is before it. */
const readSecret = (namespace: string, secret: string, key: string) =>
  `  kubectl --namespace ${namespace} get secret ${secret} --output 'jsonpath={.data.${key.replace(".", "\\.")}}' | base64 -d`;

const stored = ({ store, path }: ExternalSecrets, secret: string) =>
  `property ${CREDENTIAL_KEYS.password} of ${path}/${secret} in the ClusterSecretStore ${store}`;

const issued = (certificate: Stage["certificate"]) =>
  certificate.kind === "generated"
    ? "made by synth"
    : `made by cert-manager with the ${certificate.issuerKind} ${certificate.issuer}`;

/** Explains why `rotate` does not do it, and how it is done. */
export function howToRotate(stage: Stage, what: Rotatable): string {
  const { namespace, secrets } = stage;
  if (what === "tls") {
    return `Stage ${stage.name}: cert-manager renews the certificate by itself. To have it now: cmctl renew --namespace ${namespace} ${TLS_SECRET}`;
  }
  const secret = secretName(userOf(what));
  const place = secrets.kind === "external" ? stored(secrets, secret) : secret;
  const every = secrets.kind === "external" ? secrets.refreshInterval : "";
  return `Stage ${stage.name} keeps its passwords in a store, which this command does not write. Put a new value, printable ASCII without a
line break, into ${place}. External Secrets copies it within ${every}, or at once with
  kubectl --namespace ${namespace} annotate externalsecret ${secret} force-sync=$(date +%s) --overwrite
PostgreSQL and data-svc have it within two minutes after that, without a restart:
  kubectl --namespace ${namespace} logs postgres-0 --container reloader --tail 5`;
}
