/** Advice about a step that was not taken. */
export const YIELD_STAR =
  'Write `yield*` before each instruction and before each call of a function that takes steps: `const value = yield* cpu.load(word)`.' +
  ' Locks come from `faultline/shared-memory/stepped` here: those of `faultline/shared-memory` are for threads, and take no steps.'
