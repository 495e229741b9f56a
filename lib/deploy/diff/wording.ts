/** Names of fields for a person. `$1` and so on are the parts of the path in parentheses. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/^spec\.replicas$/, "number of pods"],
  [/^spec\.selector\b.*$/, "selector of its pods"],
  [/^spec\.serviceName$/, "name of its Service"],
  [/^spec\.volumeClaimTemplates\[(.+?)\]\.spec\.resources\.requests\.storage$/, "size of the volume $1"],
  [/^spec\.volumeClaimTemplates\[(.+?)\]\.spec\.storageClassName$/, "StorageClass of the volume $1"],
  [/^spec\.persistentVolumeClaimRetentionPolicy\.whenDeleted$/, "fate of the volume when the StatefulSet is deleted"],
  [/^spec\.hard\[?\.?(.+?)\]?$/, "quota of $1"],
  [/^spec\.limits\[0\]\.|^spec\.limits\[Container\]\./, "limits of one container, "],
  [/^spec\.activeDeadlineSeconds$/, "seconds until it is given up"],
  [/^spec\.ttlSecondsAfterFinished$/, "seconds that it stays when it has ended"],
  [/^(?:data|binaryData)\[?\.?(.+?)\]?$/, "$1"],
  [/^metadata\.labels\[?\.?(.+?)\]?$/, "label $1"],
  [/^metadata\.annotations\[?\.?(.+?)\]?$/, "annotation $1"],
  [/^spec\.template\.metadata\.annotations\[checksum\/config\]$/, "digest of its configuration"],
  [/^spec\.template\.metadata\.labels\[?\.?(.+?)\]?$/, "label $1 of its pods"],
  [/^spec\.template\.metadata\.annotations\[?\.?(.+?)\]?$/, "annotation $1 of its pods"],
  [/^spec\.template\.spec\.terminationGracePeriodSeconds$/, "seconds that a pod may take to stop"],
  [/^spec\.template\.spec\.volumes\[(.+?)\]\.configMap\.name$/, "ConfigMap in the volume $1"],
  [/^spec\.template\.spec\.volumes\[(.+?)\]\.secret\.secretName$/, "Secret in the volume $1"],
];

/** Names inside of a container, before ` of container …`. */
const CONTAINER = /^spec\.template\.spec\.(?:initC|c)ontainers\[(?<name>.+?)\]\.(?<field>.+)$/;
const IN_CONTAINER: readonly (readonly [RegExp, string])[] = [
  [/^resources\.(limit|request)s\.cpu$/, "CPU $1"],
  [/^resources\.(limit|request)s\.memory$/, "memory $1"],
  [/^resources\.(limit|request)s\.ephemeral-storage$/, "$1 of scratch space"],
  [/^imagePullPolicy$/, "pull policy"],
  [/^env\[(.+?)\]\.(?:value|name)$/, "variable $1"],
  [/^(?:command|args)\[\d+\]$/, "command"],
];

/** Names a field for a person, e.g. `memory limit of container postgres`. Its path, if nothing better is known. */
export function inWords(path: string): string {
  const { name, field } = CONTAINER.exec(path)?.groups ?? {};
  if (name !== undefined && field !== undefined) return `${lookUp(field, IN_CONTAINER)} of container ${name}`;
  return lookUp(path, NAMES);
}

function lookUp(path: string, names: readonly (readonly [RegExp, string])[]): string {
  const [pattern, name] = names.find(([known]) => known.test(path)) ?? [];
  return pattern === undefined || name === undefined ? path : path.replace(pattern, name);
}
