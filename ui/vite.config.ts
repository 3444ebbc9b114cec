import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import vue from "@vitejs/plugin-vue";
import { VitePWA } from "vite-plugin-pwa";
import { defineConfig, type Plugin, type Rolldown } from "vite";

const pages = fileURLToPath(new URL("../src/lamplit/web/pages", import.meta.url));

/** Compress once at build time what the server would else compress for each reader. */
function compressed(): Plugin {
  const worth = /\.(js|css|html|svg|json|webmanifest|wasm)$/;
  const walk = (folder: string): string[] =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? walk(join(folder, entry.name)) : [join(folder, entry.name)],
    );
  return {
    name: "lamplit-compressed",
    apply: "build",
    enforce: "post",
    closeBundle: {
      sequential: true,
      order: "post",
      handler() {
        for (const file of walk(pages)) {
          if (!worth.test(file) || statSync(file).size < 1024) continue;
          const bytes = readFileSync(file);
          // The best takes ten times as long: for what a phone waits for with nothing kept yet.
          const params = { [constants.BROTLI_PARAM_QUALITY]: needed.has(relative(pages, file)) ? 11 : 9 };
          writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params }));
          writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
        }
      },
    },
  };
}

/** What must work without a signal: the frame, signing in, and the phone's room but for large libraries. */
const OFFLINE = /\/src\/(main\.ts|shell\/Start\.vue|design\/Dialog\.vue|rooms\/account\/SignIn\.vue|rooms\/phone\/(?!parts\/LargeForm)[^/].*)/;
const needed = new Set<string>();

/** Adds a chunk, its sheets, and all that it imports. */
function take(bundle: Rolldown.OutputBundle, name: string, taken: Set<string>): void {
  const chunk = bundle[name];
  if (taken.has(name) || chunk?.type !== "chunk") return;
  taken.add(name);
  chunk.viteMetadata?.importedCss.forEach((css) => taken.add(css));
  chunk.imports.forEach((one) => take(bundle, one, taken));
}

/** What a first look at the doors needs besides the frame is named in the page: `public/first.js` sends for it at once. */
function early(): Plugin {
  return {
    name: "lamplit-early",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler(html, { bundle = {} }) {
        const [frame, doors] = [new Set<string>(), new Set<string>()];
        for (const [name, chunk] of Object.entries(bundle)) {
          if (chunk.type !== "chunk") continue;
          if (chunk.isEntry) take(bundle, name, frame);
          if (chunk.facadeModuleId?.endsWith("/src/rooms/phone/Today.vue")) take(bundle, name, doors);
        }
        const files = [...doors].filter((one) => !frame.has(one)).map((one) => `/${one}`);
        if (!files.length) throw new Error("no script of the doors was found to send for early");
        return html.replace('src="/first.js"', `src="/first.js" data-doors="${files.join(" ")}"`);
      },
    },
  };
}

/** Which chunks that is, and all that they import: told to the service worker, and nothing besides. */
function offline(): Plugin {
  return {
    name: "lamplit-offline",
    apply: "build",
    generateBundle(_options, bundle) {
      needed.clear();
      for (const [name, chunk] of Object.entries(bundle)) {
        if (chunk.type === "chunk" && (chunk.isEntry || (chunk.facadeModuleId && OFFLINE.test(chunk.facadeModuleId)))) take(bundle, name, needed);
      }
    },
  };
}

export default defineConfig({
  plugins: [
    vue(),
    offline(),
    early(),
    VitePWA({
      strategies: "injectManifest",
      srcDir: "src",
      filename: "sw.ts",
      injectRegister: false,
      manifest: false,
      injectManifest: {
        globPatterns: ["index.html", "first.js", "icon.svg", "assets/*.{js,css}"],
        manifestTransforms: [
          (entries) => ({ manifest: entries.filter(({ url }) => !url.startsWith("assets/") || needed.has(url)), warnings: [] }),
        ],
        maximumFileSizeToCacheInBytes: 8_000_000,
      },
    }),
    compressed(),
  ],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  define: {
    // Web Forms is made of components in that style.
    __VUE_OPTIONS_API__: true,
    __VUE_PROD_DEVTOOLS__: false,
    __VUE_I18N_FULL_INSTALL__: false,
    __VUE_I18N_LEGACY_API__: false,
    __INTLIFY_PROD_DEVTOOLS__: false,
  },
  build: {
    outDir: pages,
    emptyOutDir: true,
    target: ["chrome107", "firefox104", "safari16"],
    sourcemap: false,
    chunkSizeWarningLimit: 4000,
    rolldownOptions: {
      output: {
        // On a slow line each further file costs a way there and back, six at a time: what every page
        // needs is one file, and what the first look at the doors needs another.
        codeSplitting: {
          groups: [
            { name: "echarts", test: /node_modules\/(echarts|zrender)/, priority: 9 },
            { name: "maplibre", test: /node_modules\/maplibre-gl/, priority: 9 },
            { name: "frame", tags: ["$initial"], priority: 8 },
            { name: "pieces", test: /\/src\/(design\/(Badge|Dialog|Empty|Field|Problem|Progress)\.vue|parts\/(save|words)\.ts)/, priority: 7 },
            { name: "doors", test: /\/src\/rooms\/phone\/(Today\.vue|phone\.ts)/, priority: 6 },
          ],
        },
      },
    },
  },
  server: { proxy: { "/api": "http://127.0.0.1:8000", "/healthz": "http://127.0.0.1:8000" } },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
} as Parameters<typeof defineConfig>[0]);
