// Two builds: the widget as one classic script, which any page can load from another origin without
// ceremony, with the demo library beside it; and the gallery of all its states for the tests.

import { defineConfig } from "vite";

export default defineConfig(({ mode }) =>
  mode === "gallery"
    ? {
        base: "./",
        build: {
          target: "es2022",
          outDir: "dist-gallery",
          modulePreload: false,
          rolldownOptions: {
            input: "gallery.html",
            output: { entryFileNames: "gallery.js", assetFileNames: "[name][extname]" },
          },
        },
      }
    : {
        build: {
          target: "es2022",
          outDir: "dist",
          lib: {
            entry: "src/main.ts",
            formats: ["iife"],
            name: "DeskbellWidget",
            fileName: () => "widget.js",
          },
        },
      },
);
