import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Result, Run } from '../bench/result.ts'
import { validate } from '../bench/schema.ts'
import { type VariantNameOf, variantsOf } from '../protocols/catalogue.ts'
import type { Subject } from '../protocols/kernel.ts'

export const MAIN = fileURLToPath(new URL('./main.js', import.meta.url))
export const SHORT = ['--trials', '2', '--duration', '60ms', '--warmup', '30ms']

/** Nothing that a test asks takes so long: it hangs, and its exit code is null. */
const LONGEST_MS = 180_000

export type Ended = {
  readonly code: number | null
  readonly out: string
  readonly err: string
  readonly folder: string
}

export type Running = {
  /** What comes in by standard input. */
  readonly stdin?: Buffer
  /** Called when it runs, with what interrupts it, and its folder. */
  readonly during?: (interrupt: () => void, folder: string) => void
}

/** Runs the program in an empty folder, as a user would. */
export function faultline(args: readonly string[], { stdin, during }: Running = {}): Promise<Ended> {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-'))
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: folder, timeout: LONGEST_MS, killSignal: 'SIGKILL' })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk) => {
    out += chunk
  })
  child.stderr.on('data', (chunk) => {
    err += chunk
  })
  // A process that does not read its input to the end closes it under us: that is its right.
  child.stdin.on('error', () => {})
  child.stdin.end(stdin)
  during?.(() => child.kill('SIGINT'), folder)
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err, folder })))
}

/** What a short run may end with: its trials need not be enough for an answer. */
export function assertSound({ code, out, err }: Pick<Ended, 'code' | 'out' | 'err'>): void {
  assert.ok(code === 0 || (code === 4 && out.includes('No answer')), `exit code ${code}\n${out}${err}`)
}

export const resultIn = (file: string): Result => validate(JSON.parse(readFileSync(file, 'utf8')))

const LONGEST_WORK_MS = 4000

/** Runs in `x.json`, of trials that take longer and longer until every run has worked: a busy host may give a worker no core in a short one. */
export async function untilWorked(
  args: readonly string[],
  hasWorked: (run: Run) => boolean,
  ms = 60,
): Promise<Ended & { readonly runs: readonly Run[] }> {
  const ended = await faultline([...args, '--out', 'x.json', '--warmup', '30ms', '--duration', `${ms}ms`])
  assertSound(ended)
  const { runs } = resultIn(join(ended.folder, 'x.json'))
  return runs.every(hasWorked) || ms >= LONGEST_WORK_MS ? { ...ended, runs } : untilWorked(args, hasWorked, 4 * ms)
}

const FIRST_MS = 200
const LONGEST_TRIAL_MS = 1600
const MOST_TRIES = 9
/** From this try on the protocol is not compiled: its windows are ten times as long. */
const IN_JAVASCRIPT_FROM = 4

/** A fault that hangs its run has failed besides; what is forbidden exits with 1, what only costs with 0. */
function exitCodeOf({ runs }: Result): number {
  if (runs.some(({ error }) => error !== null)) return 3
  return runs.some(({ outcomes }) => outcomes.some(({ grade }) => grade === 'forbidden')) ? 1 : 0
}

/**
 * Runs every broken variant of a scenario on threads until each has been caught by what its declaration says that catches it. Chance
 * decides when: most are caught in the first trial, and the rest are given more trials, since some can show only once in each, and
 * longer ones. `apart`: those that hang, or show once in minutes, which have tests of their own. Returns the variants that never were.
 */
export async function uncaught<S extends Subject>(
  scenario: S,
  apart: readonly VariantNameOf<S, 'broken'>[] = [],
): Promise<string[]> {
  const properties = new Map(
    variantsOf(scenario).flatMap((one) =>
      one.kind === 'broken' && one.caughtBy.length > 0 && !apart.some((name) => name === one.name)
        ? [[one.name, new RegExp(`\\b(?:${one.caughtBy.join('|')})\\b`)] as const]
        : [],
    ),
  )
  assert.ok(properties.size > 0, `${scenario} has no broken variant`)
  let left = [...properties.keys()]
  for (let seed = 1; seed <= MOST_TRIES && left.length > 0; seed += 1) {
    const ms = Math.min(LONGEST_TRIAL_MS, FIRST_MS * 2 ** (seed - 1))
    const load = ['--trials', `${seed}`, '--warmup', '20ms', '--duration', `${ms}ms`, '--seed', `${seed}`]
    const words = seed < IN_JAVASCRIPT_FROM ? [] : ['--words', 'atomics']
    const asked = ['bench', '-s', scenario, '--variant', left.join(','), '--quiet', '--out', 'x.json']
    const { code, out, err, folder } = await faultline([...asked, ...load, ...words])
    assert.equal(code, exitCodeOf(resultIn(join(folder, 'x.json'))), out + err)
    left = left.filter((variant) => {
      const line = out.split('\n').find((answer) => answer.includes(`: ${variant} (`)) ?? ''
      return !(line.includes('was caught by') && properties.get(variant)!.test(line))
    })
  }
  return left
}
