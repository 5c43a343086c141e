import { defineConfig } from 'vitest/config';

// An error outside any test ends the run with a status that no line of TAP explains.
const strays = {
  onTestRunEnd(_modules, errors) {
    for (const error of errors) console.error(error);
  },
};

export default defineConfig({
  test: {
    globals: true, // the validation suite expects describe, it and expect there
    include: ['test/clients/js/*.test.mjs'],
    fileParallelism: false, // the files share four databases
    testTimeout: 30_000,
    hookTimeout: 20_000,
    reporters: ['tap-flat', strays],
    cache: false,
  },
});
