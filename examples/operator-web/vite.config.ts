// Two builds: the desk that the broker serves, and the gallery of all its states for the tests.

import { defineConfig } from "vite";

export default defineConfig(({ mode }) => {
  const gallery = mode === "gallery";
  return {
    base: "./",
    build: {
      target: "es2022",
      outDir: gallery ? "dist-gallery" : "dist",
      emptyOutDir: true,
      modulePreload: false,
      // Names stay, so that a page that is open while the broker is upgraded finds its parts.
      rolldownOptions: {
        input: gallery ? "gallery.html" : "index.html",
        output: {
          entryFileNames: gallery ? "gallery.js" : "desk.js",
          chunkFileNames: "[name].js",
          assetFileNames: "[name][extname]",
        },
      },
    },
    worker: { rolldownOptions: { output: { entryFileNames: "[name].js" } } },
    // `npm run dev`: the pages from here, the rest from `make demo`.
    server: { proxy: { "/v1": { target: "http://localhost:8080", ws: true } } },
  };
});
