/** What became of one rule: kept (with what was seen), broken (with why), or not to be told here. */
export interface Finding {
  readonly rule: string;
  readonly outcome: "passed" | "failed" | "not provable";
  readonly words: string;
}

export const passed = (rule: string, words = ""): Finding => ({ rule, outcome: "passed", words });
export const failed = (rule: string, words: string): Finding => ({ rule, outcome: "failed", words });
export const notProvable = (rule: string, words: string): Finding => ({ rule, outcome: "not provable", words });

/** Passed if there is no complaint. */
export const judged = (rule: string, complaint: string | null | undefined, words = ""): Finding =>
  complaint === null || complaint === undefined ? passed(rule, words) : failed(rule, complaint);
