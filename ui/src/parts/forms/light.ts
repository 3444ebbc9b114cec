/** The light form as one module: what fills it in outside a page begins here. */
export { Filling } from "./filling";
export { languageOf, listOf, readForm } from "./xform";
