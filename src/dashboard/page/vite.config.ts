import { defineConfig } from "vite";

export default defineConfig({
  root: "src",
  base: "/",
  esbuild: { jsx: "automatic", jsxImportSource: "preact", legalComments: "none" },
  build: {
    outDir: "../dist",
    emptyOutDir: true,
    target: "es2020",
    cssTarget: ["chrome100", "firefox100", "safari15"],
    // Nothing as data: URL and no inline polyfill: the server's policy allows files of its own only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
  },
  // `npm run dev` beside a running vigil, or beside the stand-in of tests/page.
  server: { proxy: { "/api": process.env.VIGIL_URL ?? "http://127.0.0.1:9464" } },
});
