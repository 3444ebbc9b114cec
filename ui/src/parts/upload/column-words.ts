import { defineWords } from "@/language/words";

export const useColumnWords = defineWords("columns", {
  columns: { zh: "哪一列是什么", en: "Which column is which" },
  columnsLead: { zh: "文件的列名我们不全认得。请核对，下次导入同类文件时会照此办理。", en: "The file's headings don't say it all. Put right what is wrong; the next file of this kind is taken likewise." },
  moreColumns: { zh: "还可以有的 {n} 列", en: "{n} more column it may have | {n} more columns it may have" },
  notInFile: { zh: "文件中没有", en: "Not in the file" },
  same: { zh: "各行都相同…", en: "The same in every row…" },
  sameOf: { zh: "各行的“{column}”", en: "{column}, in every row" },
  pick: { zh: "请选择", en: "Choose" },
  kept: { zh: "同上次", en: "as last time" },
  guessed: { zh: "推测，请核对", en: "a guess: please check" },
  samples: { zh: "如：{cells}", en: "Such as {cells}" },
  lacking: { zh: "还缺：{columns}", en: "Still missing: {columns}" },
  toPlan: { zh: "看会改动什么", en: "See what would change" },
  changeColumns: { zh: "改列的对应", en: "Change the columns" },
});
