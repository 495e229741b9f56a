const shared = require("./jest.config.js");

/** The alerts, as Prometheus' own promtool judges them: `npm run test:alerts`. @type {import("jest").Config} */
module.exports = {
  ...shared,
  testMatch: ["<rootDir>/test/alerts/promtool/**/*.test.ts"],
  testPathIgnorePatterns: ["/node_modules/"],
  // They need no PostgreSQL.
  globalSetup: undefined,
  globalTeardown: undefined,
  setupFilesAfterEnv: [],
};
