import type { Op } from './op.ts'

/**
 * The return type of every protocol function: a result that is reached step by step. Each `yield*` is a point where
 * another CPU may act. A stepped machine receives the `Op` of each step and answers with its value; in the direct build
 * `*` and `yield*` are blanked and a step is an ordinary call.
 */
export type Steps<T> = Generator<Op, T, number>
