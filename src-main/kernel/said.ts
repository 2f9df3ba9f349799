/**
 * Marks a sentence that a screen may show. It is the English text, and goes as such wherever text goes: into errors, views,
 * answers of the Kafka protocol, files and the CLI. Screens in another language know it by its words again, as gettext does
 * (ADR 0051); `test/tidy/said.test.ts` holds that they know each one that is marked. Names and numbers stand in it as they
 * are; a part that is words of its own (a reason, another error's sentence) is marked where it is made.
 */
export function said(words: TemplateStringsArray, ...values: readonly (string | number | bigint)[]): string {
  let sentence = words[0] ?? ''
  for (const [at, value] of values.entries()) sentence += `${value}${words[at + 1] ?? ''}`
  return sentence
}
