import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globals: true, // the validation suite expects describe, it and expect there
    include: ['test/clients/js/*.test.mjs'],
    fileParallelism: false, // the files share four databases
    testTimeout: 30_000,
    hookTimeout: 20_000,
    reporters: ['tap-flat'],
    cache: false,
  },
});
