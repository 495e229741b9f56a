import type { Volume, VolumeMount } from "../../imports/k8s";
import { PATHS, TLS_KEYS, TLS_SECRET } from "../contract";
import { GROUP_READABLE } from "./pod-defaults";

/** For clients of the database: the authority that they verify the server with, without the server's key. */
export const AUTHORITY_VOLUME: Volume = {
  name: "authority",
  secret: {
    secretName: TLS_SECRET,
    defaultMode: GROUP_READABLE,
    items: [{ key: TLS_KEYS.authority, path: TLS_KEYS.authority }],
  },
};

export const AUTHORITY_MOUNT: VolumeMount = { name: AUTHORITY_VOLUME.name, mountPath: PATHS.tls, readOnly: true };
