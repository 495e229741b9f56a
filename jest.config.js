/** @type {import("jest").Config} */
module.exports = {
  testEnvironment: "node",
  roots: ["<rootDir>/test"],
  testMatch: ["**/*.test.ts"],
  // jest.faults.config.js, jest.docs.config.js and jest.alerts.config.js run these.
  testPathIgnorePatterns: [
    "/node_modules/",
    "\\.slow\\.test\\.ts$",
    "<rootDir>/test/faults/",
    "<rootDir>/test/docs/run/",
    "<rootDir>/test/alerts/promtool/",
  ],
  // These come as ES modules alone.
  transformIgnorePatterns: ["/node_modules/(?!(?:age-encryption|jose|@noble|@scure)/)"],
  transform: {
    // Source maps beside the code: inside of it, each test file would read four times as much.
    "\\.[tj]s$": ["@swc/jest", { jsc: { target: "es2022", parser: { syntax: "typescript" } }, sourceMaps: true }],
  },
  // A migration loads 210 modules, and 150 of them are for this.
  moduleNameMapper: { "^@rushstack/ts-command-line$": "<rootDir>/test/support/umzug-command-line.ts" },
  // In jest's sandbox, looking up a global runs code; a parameter of the module is at hand. Set would clash with asn1js's own.
  sandboxInjectedGlobals: ["Array"],
  globalSetup: "<rootDir>/test/support/global-setup.ts",
  globalTeardown: "<rootDir>/test/support/global-teardown.ts",
  setupFilesAfterEnv: ["<rootDir>/test/support/jest.setup.ts"],
  // Two: each database test file runs a PostgreSQL of its own, and the machines this runs on are small.
  maxWorkers: 2,
  // Of the random kills, to repeat them: KILLS_SEED=… npx jest kills. Of the fuzzing, for other cases: FUZZ_SEED=… npx jest fuzz
  globals: pick("KILLS_SEED", "FUZZ_SEED"),
  // A hang is told then, a busy machine is none.
  testTimeout: 60_000,
};

/** Those of these variables that are set. */
function pick(...names) {
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}
