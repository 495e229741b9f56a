import type { Construct } from "constructs";
import { AppConfigMap } from "../constructs/app-config";
import { Credential, type CredentialProps } from "../constructs/credential";
import { labelsOf, PARTS, stageLabels } from "../constructs/labels";
import { ServerCertificate } from "../constructs/server-certificate";
import {
  ARCHIVE,
  BACKUP,
  CREDENTIAL_KEYS,
  DATABASE,
  SERVICE_TLS_SECRET,
  STORE_KEYS,
  TLS_KEYS,
  TLS_SECRET,
} from "../contract";
import {
  type Credentials,
  type DatabaseUser,
  databaseUrl,
  databaseUsers,
  passwordOf,
  secretName,
} from "../secrets/credentials";
import { OAUTH_KEYS, OAUTH_SECRET } from "../secrets/required";
import type { ExternalSecrets } from "../stages/stage";
import { tlsNames } from "../stages/tls-names";
import { engineOf } from "./engines";
import { type Release, StageChart } from "./stage-chart";

/**
 * Configuration of the programs: `app-config`, a Secret for each database user, the servers' certificates,
 * Google's client, and the credentials of the buckets.
 */
export class ConfigurationChart extends StageChart {
  constructor(scope: Construct, release: Release) {
    super(scope, "configuration", release);
    const { stage, namespace = stage.namespace } = release;
    const { secrets, certificate } = stage;
    const { followed, archive: archiveOf } = engineOf(stage);
    const archive = archiveOf(stage);
    const values = secrets.kind === "external" ? fromStore(secrets) : madeUp(madeUpFor(release));
    const labels = labelsOf(PARTS.database);
    new AppConfigMap(this, stage.config);
    for (const user of databaseUsers(stage)) {
      const secretLabels = user === DATABASE.superuser ? followed : {};
      new Credential(this, { name: secretName(user), labels, secretLabels, values: values.database(user) });
    }
    const names = tlsNames(stage, namespace);
    const servers = [
      { secret: TLS_SECRET, which: "server", part: PARTS.database, secretLabels: followed },
      { secret: SERVICE_TLS_SECRET, which: "service", part: PARTS.service, secretLabels: {} },
    ] as const;
    for (const { secret, which, part, secretLabels } of servers) {
      if (certificate.kind === "cert-manager") {
        new ServerCertificate(this, { ...certificate, secret, part, names: names[which], secretLabels });
      } else {
        const made = madeUpTls(madeUpFor(release), which);
        new Credential(this, { name: secret, labels: labelsOf(part), secretLabels, ...made });
      }
    }
    new Credential(this, { name: OAUTH_SECRET, labels: stageLabels("configuration"), values: values.oauth });
    if (stage.backup.target.kind === "s3") {
      new Credential(this, { name: BACKUP.storeSecret, labels: labelsOf(PARTS.backup), values: values.store });
    }
    if (archive && secrets.kind === "external") {
      new Credential(this, { name: ARCHIVE.storeSecret, labels, values: ofArchive(secrets, archive.target.region) });
    }
  }
}

interface Values {
  readonly database: (user: DatabaseUser) => CredentialProps["values"];
  readonly oauth: CredentialProps["values"];
  readonly store: CredentialProps["values"];
}

/** Reads passwords alone from the store. Names and URLs are made from them, so that the three always agree. */
function fromStore(store: ExternalSecrets): Values {
  const { username, password, url } = CREDENTIAL_KEYS;
  // Writes a space as "%20": urlquery writes "+", and the user part of a URL keeps that as it is.
  const escaped = '{{ .password | urlquery | replace "+" "%20" }}';
  return {
    database: (user) => ({
      store,
      fetch: { password: password },
      template: {
        [username]: user,
        [password]: "{{ .password }}",
        [url]: databaseUrl(user, "PASSWORD").replace("PASSWORD", escaped),
      },
    }),
    oauth: {
      store,
      fetch: { id: OAUTH_KEYS.clientId, secret: OAUTH_KEYS.clientSecret },
      template: {
        [OAUTH_KEYS.clientId]: "{{ .id }}",
        [OAUTH_KEYS.clientSecret]: "{{ .secret }}",
      },
    },
    store: {
      store,
      fetch: { id: STORE_KEYS.accessKeyId, secret: STORE_KEYS.secretAccessKey },
      template: { [STORE_KEYS.accessKeyId]: "{{ .id }}", [STORE_KEYS.secretAccessKey]: "{{ .secret }}" },
    },
  };
}

/** Reads the bucket's credentials from the store. The plugin reads the region from the Secret, too. */
const ofArchive = (store: ExternalSecrets, region: string): CredentialProps["values"] => ({
  store,
  fetch: { id: STORE_KEYS.accessKeyId, secret: STORE_KEYS.secretAccessKey },
  template: {
    [STORE_KEYS.accessKeyId]: "{{ .id }}",
    [STORE_KEYS.secretAccessKey]: "{{ .secret }}",
    [ARCHIVE.regionKey]: region,
  },
});

function madeUpFor({ stage, credentials }: Release): Credentials {
  if (!credentials) throw new TypeError(`Stage ${stage.name} makes its credentials up, but none were given.`);
  return credentials;
}

const madeUpTls = ({ tls }: Credentials, which: "server" | "service") => ({
  type: "kubernetes.io/tls",
  values: {
    [TLS_KEYS.certificate]: tls[which].certificate,
    [TLS_KEYS.key]: tls[which].key,
    [TLS_KEYS.authority]: tls.authority.certificate,
  },
});

function madeUp(credentials: Credentials): Values {
  const { username, password, url } = CREDENTIAL_KEYS;
  return {
    database: (user) => ({
      [username]: user,
      [password]: passwordOf(credentials, user),
      [url]: databaseUrl(user, passwordOf(credentials, user)),
    }),
    oauth: {
      [OAUTH_KEYS.clientId]: credentials.oauth.clientId,
      [OAUTH_KEYS.clientSecret]: credentials.oauth.clientSecret,
    },
    store: {
      [STORE_KEYS.accessKeyId]: credentials.stores.backup.accessKeyId,
      [STORE_KEYS.secretAccessKey]: credentials.stores.backup.secretAccessKey,
    },
  };
}
