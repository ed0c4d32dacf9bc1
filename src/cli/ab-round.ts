import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Tree } from '../bench/ab/checkout.ts'
import { type Builder, ChildFailed, runChild } from '../bench/ab/child.ts'
import type { Runner } from '../bench/ab/rounds.ts'
import { validate } from '../bench/schema.ts'
import { FaultlineError } from '../errors/faultline-error.ts'
import { EXIT } from './io.ts'

/** Flags that are about the whole comparison; the others go to each process of each side. */
const OWN_FLAGS = ['ab', 'trials', 'seed', 'out', 'time-budget']
const OWN_SWITCHES = ['json', 'quiet', 'no-progress', 'quick', 'force']

/** Runs one round in a fresh process of that tree: each side runs with its own program and the same command line. */
export function runnerOf(tree: Tree, place: string, builder: Builder, words: readonly string[]): Runner {
  const main = join(tree.folder, 'dist', 'cli', 'main.js')
  const file = join(place, 'round.json')
  return async (seed) => {
    const own = ['--trials', '1', '--seed', String(seed), '--quiet', '--out', file]
    rmSync(file, { force: true })
    const trouble = await troubleOf(runChild(builder.node, [main, ...words, ...own], builder))
    const code = trouble instanceof ChildFailed ? trouble.exitCode : null
    if (trouble !== undefined && (builder.signal.aborted || !isOfAResult(code))) throw failed(tree, trouble)
    try {
      return validate(JSON.parse(readFileSync(file, 'utf8')), file)
    } catch (cause) {
      throw failed(tree, trouble ?? cause)
    }
  }
}

const troubleOf = (running: Promise<unknown>): Promise<unknown> =>
  running.then(
    () => undefined,
    (cause: unknown) => cause,
  )

/** A forbidden outcome still gives a result, a failed run is recorded in it, and a single trial need not answer the question. */
const isOfAResult = (code: number | null) =>
  code === EXIT.regression || code === EXIT.failed || code === EXIT.incomparable

const failed = ({ folder, git }: Tree, cause: unknown) =>
  new FaultlineError(
    'ROUND_FAILED',
    'run',
    `revision ${git.slice(0, 12)} could not be run: ${cause instanceof Error ? cause.message : String(cause)}`,
    {
      context: { tree: folder },
      hint: 'A revision that does not know the scenario, a variant or a flag cannot be compared by it.',
      cause,
    },
  )

/** The words of the command without the flags that are about the whole. */
export function wordsFor(command: readonly string[]): string[] {
  const words: string[] = []
  for (let index = 0; index < command.length; index += 1) {
    const word = command[index]!
    const name = /^--([^=]+)/.exec(word)?.[1]
    if (name !== undefined && OWN_SWITCHES.includes(name)) continue
    if (name !== undefined && OWN_FLAGS.includes(name)) {
      if (!word.includes('=')) index += 1
      continue
    }
    words.push(word)
  }
  return words
}
