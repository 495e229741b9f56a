const shared = require("./jest.config.js");

/** The commands of README.md and docs/, as a reader would type them: `npm run test:docs`. @type {import("jest").Config} */
module.exports = {
  ...shared,
  testMatch: ["<rootDir>/test/docs/run/**/*.test.ts"],
  testPathIgnorePatterns: ["/node_modules/"],
  testTimeout: 120_000,
};
