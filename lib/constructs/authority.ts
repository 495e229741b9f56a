import type { Volume, VolumeMount } from "../../imports/k8s";
import { PATHS, TLS_KEYS, TLS_SECRET } from "../contract";
import { GROUP_READABLE } from "./pod-defaults";

/** The authority that the database's clients verify the server with. Leaves the server's key out. */
export const AUTHORITY_VOLUME: Volume = {
  name: "authority",
  secret: {
    secretName: TLS_SECRET,
    defaultMode: GROUP_READABLE,
    items: [{ key: TLS_KEYS.authority, path: TLS_KEYS.authority }],
  },
};

export const AUTHORITY_MOUNT: VolumeMount = { name: AUTHORITY_VOLUME.name, mountPath: PATHS.tls, readOnly: true };
