const shared = require("./jest.config.js");

/** What takes minutes, or programs that not every machine has: `npm run test:faults`. @type {import("jest").Config} */
module.exports = {
  ...shared,
  testMatch: ["<rootDir>/test/faults/**/*.test.ts"],
  testPathIgnorePatterns: ["/node_modules/"],
  testTimeout: 120_000,
};
