import vue from "eslint-plugin-vue";
import ts from "typescript-eslint";

export default ts.config(
  { ignores: ["node_modules", "src/api/schema.d.ts", "public"] },
  ...ts.configs.strict,
  ...vue.configs["flat/recommended"],
  {
    files: ["**/*.vue"],
    languageOptions: { parserOptions: { parser: ts.parser } },
  },
  {
    rules: {
      // Every text that a person reads stands in a room's words.ts, in both languages.
      "vue/no-bare-strings-in-template": [
        "error",
        { allowlist: ["(", ")", ",", ".", "·", "–", "—", "/", "%", "×", "→", "←", "…", ":", "|", "+", "#", "kWh", "h", "≥", "≤", "XLSX", "CSV", "PDF", "ZIP", "JSON", "1", "2", "3", "4"] },
      ],
      "vue/multi-word-component-names": "off",
      "vue/max-attributes-per-line": "off",
      "vue/multiline-html-element-content-newline": "off",
      "vue/singleline-html-element-content-newline": "off",
      "vue/html-self-closing": ["error", { html: { void: "always" } }],
      "vue/html-indent": "off",
      "vue/html-closing-bracket-newline": "off",
      "vue/no-v-html": "error",
      "vue/require-default-prop": "off",
      "vue/first-attribute-linebreak": "off",
      "max-lines": ["error", { max: 400, skipBlankLines: true, skipComments: true }],
      "no-console": "error",
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-invalid-void-type": "off",
    },
  },
);
