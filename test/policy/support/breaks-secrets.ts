import { type Break, metadata } from "./break";

const ATTRIBUTES = { password: "hunter2" };
const csi = { driver: "files", volumeAttributes: ATTRIBUTES };

/** Places of a manifest in which a password may be written out. */
export const SECRET_BREAKS: readonly Break[] = [
  {
    rule: "password-literal",
    by: "a probe's command",
    change: ({ server }) => (server.readinessProbe.exec.command = ["sh", "-c", "PGPASSWORD=hunter2 psql"]),
    says: "readinessProbe.exec.command[2] holds a literal PGPASSWORD",
  },
  {
    rule: "password-literal",
    by: "a hook's command",
    change: ({ container }) => (container.lifecycle.preStop = { exec: { command: ["admin", "--password=hunter2"] } }),
    says: "lifecycle.preStop.exec.command[1]",
  },
  {
    rule: "password-literal",
    by: "a probe's header",
    change: ({ container }) =>
      (container.livenessProbe.httpGet.httpHeaders = [{ name: "Authorization", value: "Bearer hunter2hunter2" }]),
    says: "livenessProbe.httpGet.httpHeaders[0].value",
  },
  {
    rule: "password-literal",
    by: "a command that names what the arguments begin with",
    change: ({ container }) => {
      container.command = ["data-svc", "--db-password"];
      container.args = ["hunter2"];
    },
    says: "command[1] is a literal",
  },
  {
    rule: "password-literal",
    by: "arguments of a tool that the command names",
    change: ({ container }) => {
      container.command = ["redis-cli"];
      container.args = ["-a", "hunter2"];
    },
    says: "args[1] is a password",
  },
  {
    rule: "password-literal",
    by: "a block of YAML, which ends its line",
    change: (set) => (set.get("ConfigMap", "app-config").data.password = "hunter2\n"),
  },
  {
    rule: "password-literal",
    by: "binary data that is text",
    change: (set) => {
      const file = Buffer.from("password=hunter2").toString("base64");
      set.get("ConfigMap", "app-config").binaryData = { "app.properties": file };
    },
    says: 'binaryData["app.properties"]',
  },
  {
    rule: "password-literal",
    by: "an annotation of a CronJob's Jobs",
    change: (set) => {
      const { ttlSecondsAfterFinished: _, ...spec } = set.job.spec;
      set.remove("Job");
      const jobTemplate = { metadata: { annotations: ATTRIBUTES }, spec };
      const cron = { schedule: "0 3 * * *", jobTemplate };
      set.add({ apiVersion: "batch/v1", kind: "CronJob", metadata: metadata("migrate"), spec: cron });
    },
    says: 'spec.jobTemplate.metadata.annotations["password"]',
  },
  {
    rule: "password-literal",
    by: "an attribute of a pod's volume",
    change: ({ pod }) => pod.volumes.splice(-1, 1, { name: "tmp", csi }),
    says: 'csi.volumeAttributes["password"]',
  },
  {
    rule: "password-literal",
    by: "an attribute of a volume",
    change: (set) => {
      const spec = { accessModes: ["ReadWriteOnce"], capacity: { storage: "1Gi" }, csi: { ...csi, volumeHandle: "a" } };
      set.add({ apiVersion: "v1", kind: "PersistentVolume", metadata: { name: "files" }, spec });
    },
    says: 'spec.csi.volumeAttributes["password"]',
  },
  {
    rule: "password-literal",
    by: "a parameter of a storage class",
    change: (set) =>
      set.add({
        apiVersion: "storage.k8s.io/v1",
        kind: "StorageClass",
        metadata: { name: "files" },
        provisioner: "files",
        parameters: ATTRIBUTES,
      }),
    says: 'parameters["password"]',
  },
];
