require("tsx/cjs");
module.exports = require("./scripts/walls").config;
