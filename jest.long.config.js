/** @type {import('jest').Config} The long laws, `npm run test:long`: whole processes, the packed package, many random inputs. */
// What test/runs.ts asks: every law with all its runs.
process.env.AVIARY_LAWS = 'long';
const config = require('./jest.config');

module.exports = {
  ...config,
  testTimeout: 600_000,
  testMatch: config.testMatch.map((pattern) => pattern.replace('*.test.ts', '*.long.test.ts')),
  testPathIgnorePatterns: ['/node_modules/'],
};
