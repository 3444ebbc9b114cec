import { defineWords } from "@/language/words";

export const usePartWords = defineWords("parts", {
  findPerson: { zh: "输入姓名或编号", en: "Name or code" },
  nobody: { zh: "没有找到这样的人", en: "Nobody found" },
});
