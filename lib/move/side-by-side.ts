import { DATABASE, TLS_SECRET } from "../contract";
import type { KubeObject } from "../deploy/kubectl";
import { find, type ManifestFile, reference } from "../deploy/manifests";

/** Files with what an engine needs before it can serve. */
const NEEDED = /-(?:configuration|network|database)\.k8s\.yaml$/;

/** Objects that both stages have, of which the new one's allow both engines: who may reach a server, and room for its pods. */
const REPLACED = /^(?:networkpolicy\/postgres|resourcequota\/.*)$/;

/** The Service that clients use with any engine. It stays where it leads until the database has moved. */
export const SERVICE = DATABASE.host;

/**
 * The objects of the new stage that stand beside the old one's while the database moves. All others are the old stage's, and
 * `npm run deploy` brings the new one's afterwards.
 */
export function sideBySide(old: readonly ManifestFile[], next: readonly ManifestFile[]): readonly KubeObject[] {
  const there = new Set(old.flatMap(({ objects }) => objects).map(place));
  const namespace = find(next, "Service", SERVICE).metadata.namespace;
  const added = next.flatMap(({ path, objects }) =>
    objects.filter((object) => (NEEDED.test(path) && !there.has(place(object))) || REPLACED.test(reference(object))),
  );
  return [...added.filter(({ metadata }) => metadata.namespace === namespace), certificateOfBoth(old, next)];
}

const place = (object: KubeObject) => `${object.metadata.namespace}/${reference(object)}`;

/** Each server verifies the other by its own name, and both show the same certificate. */
function certificateOfBoth(old: readonly ManifestFile[], next: readonly ManifestFile[]): KubeObject {
  const certificate = find(next, "Certificate", TLS_SECRET);
  const dnsNames = [find(old, "Certificate", TLS_SECRET), certificate].flatMap(
    ({ spec }) => spec?.dnsNames as readonly string[],
  );
  return { ...certificate, spec: { ...certificate.spec, dnsNames: [...new Set(dnsNames)] } };
}

/** Name of the Job that makes the roles on the new server. */
export const ROLES_JOB = "move-roles";

interface JobSpec {
  readonly template: {
    readonly spec: {
      readonly initContainers: readonly { readonly name: string }[];
      readonly containers: readonly object[];
    };
  };
}

/**
 * The first step of the release's migration Job alone, `migrate bootstrap`. For it the Service's name, which is in every Secret's
 * URL and in the certificate, means the new server already.
 * @param address of the new server's own Service
 */
export function rolesJob(next: readonly ManifestFile[], address: string): KubeObject {
  const jobs = next.filter(({ path }) => path.endsWith("-migration.k8s.yaml"));
  const { metadata, spec, ...job } = find(jobs, "Job");
  const { template, ...rest } = spec as unknown as JobSpec;
  const { initContainers, ...pod } = template.spec;
  return {
    ...job,
    metadata: { ...metadata, name: ROLES_JOB },
    spec: {
      ...rest,
      template: {
        ...template,
        spec: {
          ...pod,
          hostAliases: [{ ip: address, hostnames: [SERVICE] }],
          containers: initContainers.filter(({ name }) => name === "bootstrap"),
        },
      },
    },
  };
}
