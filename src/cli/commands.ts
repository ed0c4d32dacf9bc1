import { bench } from './bench.ts'
import { calibrate } from './calibrate.ts'
import { check } from './check.ts'
import type { Command } from './command.ts'
import { compare } from './compare.ts'
import { diff } from './diff.ts'
import { exportCommand } from './export.ts'
import { list } from './list.ts'
import { merge } from './merge.ts'
import { newCommand } from './new.ts'
import { regress } from './regress.ts'
import { report } from './report.ts'
import { trace } from './trace.ts'
import { trend } from './trend.ts'
import { validate } from './validate.ts'
import { verify } from './verify.ts'

/** A command whose flags only it knows. */
export type AnyCommand = Command<unknown>

/** Every command, in the order in which help shows them. */
export const COMMANDS: readonly AnyCommand[] = [
  bench,
  compare,
  regress,
  check,
  trace,
  report,
  newCommand,
  diff,
  list,
  verify,
  trend,
  exportCommand,
  merge,
  calibrate,
  validate,
] as unknown as readonly AnyCommand[]
