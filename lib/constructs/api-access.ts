import type { Volume, VolumeMount } from "../../imports/k8s";
import { PATHS, TLS_KEYS } from "../contract";
import { GROUP_READABLE } from "./pod-defaults";

/** Annotation that has the policy accept a token in a pod. Its value is the reason. */
export const TOKEN_EXCEPTION = "policy.diabrisk.io/except-service-account-token";

const { authority } = TLS_KEYS;

/**
 * The API server's authority, and a token to ask it with, in place of the one that a pod gets unasked. The kubelet renews
 * it, and it ends with the pod.
 */
export const API_VOLUME: Volume = {
  name: "api",
  projected: {
    defaultMode: GROUP_READABLE,
    sources: [
      { serviceAccountToken: { path: "token", expirationSeconds: 3600 } },
      { configMap: { name: "kube-root-ca.crt", items: [{ key: authority, path: authority }] } },
    ],
  },
};

export const API_MOUNT: VolumeMount = { name: API_VOLUME.name, mountPath: PATHS.api, readOnly: true };
