import type { Op } from './op.ts'

/**
 * What every protocol function returns: a result that is reached step by step. Each `yield*` on the way is a point where
 * another CPU may act. A stepped machine is handed the `Op` of each step and answers with its value; in the direct build
 * `*` and `yield*` are blanked and a step is an ordinary call.
 */
export type Steps<T> = Generator<Op, T, number>
