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
  // Of the random kills, to repeat them: KILLS_SEED=… npx jest kills
  globals: process.env.KILLS_SEED ? { KILLS_SEED: process.env.KILLS_SEED } : {},
  testTimeout: 30_000,
};
