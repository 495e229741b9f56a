import type { Volume } from "../../imports/k8s";
import { type DatabaseUser, secretName } from "../secrets/credentials";
import { GROUP_READABLE } from "./pod-defaults";

/**
 * The given keys of each user's Secret, in a folder named after the user. Mounted at PATHS.roles. The pod waits for each
 * Secret, unless they are optional.
 */
export const rolesVolume = (
  users: readonly DatabaseUser[],
  keys: readonly string[],
  { optional }: { readonly optional?: boolean } = {},
): Volume => ({
  name: "roles",
  projected: {
    defaultMode: GROUP_READABLE,
    sources: users.map((user) => ({
      secret: { name: secretName(user), items: keys.map((key) => ({ key, path: `${user}/${key}` })), optional },
    })),
  },
});
