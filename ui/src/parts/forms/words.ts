import { defineWords } from "@/language/words";

export const useFormWords = defineWords("form", {
  required: { zh: "这一题要回答", en: "This needs an answer" },
  isNumber: { zh: "请填数字", en: "A number, please" },
  breaks: { zh: "这个回答不合要求", en: "This can't be right" },
  photo: { zh: "拍照", en: "Take a photo" },
  photoAgain: { zh: "重拍", en: "Take another" },
  photoDrop: { zh: "删除照片", en: "Remove the photo" },
  photoKept: { zh: "已压缩至 {size}，不含拍摄地点", en: "{size}, without where it was taken" },
});
