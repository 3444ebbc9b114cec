import { defineWords } from "@/language/words";

export const usePasswordWords = defineWords("password", {
  hint: { zh: "几个互不相干的词连起来就很好；不必有数字或符号，也不必定期更换", en: "A few words that do not belong together are good; no digits or signs needed, and it never expires" },
  count: { zh: "{n} / {least} 个字符", en: "{n} of {least} characters" },
  fine: { zh: "可以，{n} 个字符", en: "That will do: {n} characters" },
  not: { zh: "不接受：{reason}", en: "Not taken: {reason}" },
  show: { zh: "显示密码", en: "Show the password" },
});
