/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  // Property tests and whole processes take what they take on a busy machine; a hang is still ended.
  testTimeout: 120_000,
  roots: ['<rootDir>'],
  testMatch: [
    '<rootDir>/*.test.ts',
    '<rootDir>/lib/**/*.test.ts',
    '<rootDir>/test/**/*.test.ts',
    '<rootDir>/tools/**/*.test.ts',
    '<rootDir>/bench/**/*.test.ts',
    '<rootDir>/e2e/lib/**/*.test.ts',
  ],
  // The long laws have a run of their own (jest.long.config.js).
  testPathIgnorePatterns: ['/node_modules/', '\\.long\\.test\\.ts$'],
  modulePathIgnorePatterns: ['<rootDir>/build/', '<rootDir>/dist/'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
    ],
  },
};
