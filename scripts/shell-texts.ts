import type { Plugin } from "esbuild";

/** Puts the texts of the pods' shell scripts into a bundle, which has no folder to read them from. */
export const shellTexts: Plugin = {
  name: "shell-texts",
  setup({ onLoad, onEnd }) {
    let found = false;
    onLoad({ filter: /[\\/]lib[\\/]constructs[\\/]scripts[\\/]index\.ts$/ }, ({ path: file }) => {
      found = true;
      // Loads the file only here: a build of the other programs, as in the image, does not have it.
      const { SCRIPTS } = require(file);
      return { contents: `export const SCRIPTS = ${JSON.stringify(SCRIPTS)};` };
    });
    onEnd(() =>
      found ? undefined : { errors: [{ text: "shell-texts: lib/constructs/scripts is not in the bundle." }] },
    );
  },
};
