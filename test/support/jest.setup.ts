import type { toMatchFile } from "jest-file-snapshot";

// Loads it when it is used: its forty modules are a third of what a small test file loads, and seven files use it.
expect.extend({
  toMatchFile(...args: Parameters<typeof toMatchFile>) {
    return (require("jest-file-snapshot") as typeof import("jest-file-snapshot")).toMatchFile.apply(this, args);
  },
});
