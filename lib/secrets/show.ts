import { X509Certificate } from "node:crypto";
import { CREDENTIAL_KEYS, DATA_SVC, DATABASE, SERVICE_TLS_SECRET, TLS_KEYS, TLS_SECRET } from "../contract";
import type { ExternalSecrets, Stage } from "../stages/stage";
import { type Credentials, databaseUrl, passwordOf, secretName } from "./credentials";
import {
  CERTIFICATES,
  type CertificateName,
  isCertificate,
  OAUTH_SECRET,
  type Rotatable,
  rotatable,
  secretOf,
  userOf,
} from "./required";

/** Shows what a person needs to connect, with values, for a stage with generated ones. */
export function showValues(
  credentials: Credentials,
  stage: Pick<Stage, "clients">,
  namespace: string,
  what?: Rotatable,
): string {
  const wanted = what === undefined ? rotatable(stage) : [what];
  const parts = wanted.map((name) => (isCertificate(name) ? certificate(credentials, name) : login(credentials, name)));
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

function certificate({ tls }: Credentials, name: CertificateName): string {
  const { secret, part } = CERTIFICATES[name];
  const { authority } = tls;
  const { validTo, serialNumber } = new X509Certificate(tls[part].certificate);
  return `${name} (Secret ${secret})
  serial    ${serialNumber}, until ${validTo}
  authority, for ${name === "tls" ? "sslrootcert" : "--cacert"}:
${authority.certificate.trimEnd()}
`;
}

const connecting = (namespace: string) =>
  `From this machine, with the authority in the file ca.crt:
${readSecret(namespace, TLS_SECRET, TLS_KEYS.authority)} > ca.crt
  kubectl --namespace ${namespace} port-forward service/${DATABASE.host} ${DATABASE.port} &
  psql 'host=${DATABASE.host} hostaddr=127.0.0.1 dbname=${DATABASE.name} user=… sslmode=verify-full sslrootcert=ca.crt'
data-svc, from this machine:
${readSecret(namespace, SERVICE_TLS_SECRET, TLS_KEYS.authority)} > data-svc-ca.crt
  kubectl --namespace ${namespace} port-forward service/${DATA_SVC.name} ${DATA_SVC.port} &
  curl --cacert data-svc-ca.crt --connect-to ::127.0.0.1: https://${DATA_SVC.name}:${DATA_SVC.port}${DATA_SVC.readinessPath}
As the superuser, without a password: kubectl --namespace ${namespace} exec -it postgres-0 -- psql -U ${DATABASE.superuser} ${DATABASE.name}`;

/** Shows where the values are, for a stage that keeps them in a store. */
export function showPlaces(stage: Stage, what?: Rotatable): string {
  const { namespace, secrets, certificate } = stage;
  const wanted = what === undefined ? rotatable(stage) : [what];
  const lines = wanted.flatMap((name) => {
    const secret = secretOf(name);
    if (isCertificate(name)) return [`${name}: Secret ${secret}, ${issued(certificate)}`];
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
  const secret = secretOf(what);
  if (isCertificate(what)) {
    return `Stage ${stage.name}: cert-manager renews the certificate by itself. To have it now: cmctl renew --namespace ${namespace} ${secret}`;
  }
  const place = secrets.kind === "external" ? stored(secrets, secret) : secret;
  const every = secrets.kind === "external" ? secrets.refreshInterval : "";
  return `Stage ${stage.name} keeps its passwords in a store, which this command does not write. Put a new value, printable ASCII without a
line break, into ${place}. External Secrets copies it within ${every}, or at once with
  kubectl --namespace ${namespace} annotate externalsecret ${secret} force-sync=$(date +%s) --overwrite
PostgreSQL and data-svc have it within two minutes after that, without a restart:
  kubectl --namespace ${namespace} logs postgres-0 --container reloader --tail 5`;
}
