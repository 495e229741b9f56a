import type { Plugin } from "esbuild";

/** Modules that read texts of another language from their own folder. */
const MODULES = /[\\/]lib[\\/](?:constructs[\\/]scripts[\\/]index|backup[\\/]contents-sql)\.ts$/;

/** Puts texts of other languages, such as shell scripts, into a bundle, which has no folder to read them from. */
export const texts: Plugin = {
  name: "texts",
  setup({ onLoad, onEnd }) {
    let found = false;
    onLoad({ filter: MODULES }, ({ path: file }) => {
      found = true;
      // Loads the file only here: a build of the other programs, as in the image, does not have it.
      const exported = Object.entries(require(file) as Readonly<Record<string, unknown>>);
      return { contents: exported.map(([name, text]) => `export const ${name} = ${JSON.stringify(text)};`).join("\n") };
    });
    onEnd(() =>
      found ? undefined : { errors: [{ text: "texts: none of the modules with texts is in the bundle." }] },
    );
  },
};
