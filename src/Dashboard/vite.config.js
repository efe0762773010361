// Built into artifacts/dashboard, from where the Silo's build takes it into wwwroot.
export default {
  build: {
    outDir: '../../artifacts/dashboard',
    emptyOutDir: true,
    modulePreload: { polyfill: false },
  },
  // `npx vite` while working on the pages: the silo answers what they ask.
  server: { proxy: { '/api': 'http://127.0.0.1:8080' } },
};
