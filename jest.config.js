/** @type {import("jest").Config} */
module.exports = {
  testEnvironment: "node",
  roots: ["<rootDir>/test"],
  testMatch: ["**/*.test.ts"],
  // jest.faults.config.js runs these.
  testPathIgnorePatterns: ["/node_modules/", "<rootDir>/test/faults/"],
  transform: { "\\.ts$": ["@swc/jest", { jsc: { target: "es2022", parser: { syntax: "typescript" } } }] },
  setupFilesAfterEnv: ["<rootDir>/test/support/jest.setup.ts"],
  // Two: each database test file runs a PostgreSQL of its own, and the machines this runs on are small.
  maxWorkers: 2,
  testTimeout: 30_000,
};
