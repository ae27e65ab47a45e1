/** Two entries: the page, and the service worker, which learns here which files make up the shell. */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const WORKER = "sw.js";
const PUBLIC = ["manifest.webmanifest", "icon.svg", "icon-192.png"];
const BUDGET_KIB = 60;

export default defineConfig({
  build: {
    target: "es2022",
    assetsInlineLimit: 0, // the content security policy allows no inline script or style
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rollupOptions: {
      input: { page: "index.html", sw: "src/worker/service_worker.ts" },
      output: {
        entryFileNames: (chunk) => (chunk.name === "sw" ? WORKER : "assets/[name]-[hash].js"),
        assetFileNames: "assets/[name]-[hash][extname]",
        chunkFileNames: "assets/[name]-[hash].js",
      },
    },
  },
  plugins: [shellList(), scriptBudget()],
  test: { include: ["test/**/*.test.ts"], testTimeout: 60_000 }, // a busy machine may stand still for seconds
});

/** Writes the names of the shell's files into the service worker; their digest names its cache. */
function shellList(): Plugin {
  return {
    name: "shell-list",
    enforce: "post",
    generateBundle(_options, bundle) {
      const worker = bundle[WORKER];
      if (worker?.type !== "chunk") throw new Error("there is no service worker to fill in");
      const files = Object.keys(bundle).filter((name) => name.startsWith("assets/"));
      const shell = ["/", ...[...files, ...PUBLIC].map((name) => `/${name}`)];
      const digest = createHash("sha256").update(shell.join()).digest("hex").slice(0, 12);
      worker.code = worker.code.replace("__SHELL__", shell.join(" ")).replace("__VERSION__", digest);
    },
  };
}

/** Prints what the first visit loads, and fails above the budget. */
function scriptBudget(): Plugin {
  return {
    name: "script-budget",
    enforce: "post",
    writeBundle(_options, bundle) {
      const scripts = Object.values(bundle).filter((file) => file.type === "chunk" && file.fileName !== WORKER);
      const sizes = scripts.map((file) => gzipSync(file.type === "chunk" ? file.code : "", { level: 9 }).length);
      const total = sizes.reduce((sum, size) => sum + size, 0) / 1024;
      console.log(`first load: ${total.toFixed(1)} KiB of gzipped script (at most ${BUDGET_KIB})`);
      if (total > BUDGET_KIB) throw new Error("the page's script is over its budget");
    },
  };
}
