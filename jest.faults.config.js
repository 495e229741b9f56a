const shared = require("./jest.config.js");

/**
 * Tests that take minutes, start whole programs again and again, or need programs that not every machine has, and the slow ones of
 * test/: `npm run test:faults`. @type {import("jest").Config}
 */
module.exports = {
  ...shared,
  testMatch: ["<rootDir>/test/faults/**/*.test.ts", "**/*.slow.test.ts"],
  testPathIgnorePatterns: ["/node_modules/"],
  testTimeout: 120_000,
};
