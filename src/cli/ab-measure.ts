import { ownTree, type Tree, withTree } from '../bench/ab/checkout.ts'
import type { Builder } from '../bench/ab/child.ts'
import { mergeParts } from '../bench/ab/merge.ts'
import { ownerOf } from '../bench/ab/owner.ts'
import { interleave, noiseOf, partsOf, type Rounds } from '../bench/ab/rounds.ts'
import { Sequence } from '../bench/ab/sequential.ts'
import { type Comparison, compare } from '../bench/comparing/compare.ts'
import { BY_REVISION } from '../bench/comparing/layout.ts'
import type { Result } from '../bench/result.ts'
import { runnerOf, wordsFor } from './ab-round.ts'
import type { ComparisonTime } from './ab-time.ts'
import type { BenchArgs } from './bench-args.ts'
import { integer } from './flags.ts'
import type { Io } from './io.ts'
import { Progress } from './progress.ts'

/** With fewer pairs of rounds no difference could be shown. */
export const FEWEST_ROUNDS = 6
/** Rounds of the base against itself. */
export const AA_ROUNDS = 5
/** The probability of a false alarm in the whole comparison. */
const ALPHA = 0.05

type Asked = {
  readonly ref: string
  readonly git: string
  readonly rounds: number
  readonly args: BenchArgs
  readonly time: ComparisonTime
}

export type Measured = {
  /** Undefined if no round finished. */
  readonly result: Result | undefined
  readonly done: number
  readonly ofItself: number
  readonly isBuilt: boolean
}

/** Builds both trees and runs them, round by round, until it is resolved, the rounds are done or the time is up. */
export async function measureRevisions(asked: Asked, io: Io): Promise<Measured> {
  const { ref, git, args, time } = asked
  const progress = new Progress(io, !args.noProgress && !args.quiet)
  const builder = builderOf(io.node, time)
  progress.show(0, 1, `building ${ref}`)
  let isBuilt = false
  try {
    const head = await ownTree(builder)
    return await withTree(git, builder, async (base, folder) => {
      isBuilt = true
      const flags = await time.loadFlags(args, Math.min(asked.rounds, FEWEST_ROUNDS))
      const words = [...wordsFor(io.command), ...flags]
      const [ofBase, ofHead] = [base, head].map((tree) => runnerOf(tree, folder, builder, words))
      const merged = (ran: Rounds) => resultOf(ran, { ...base, name: ref }, head, io)
      return await rounds({ base: ofBase!, head: ofHead! }, merged, asked, progress)
    })
  } catch (cause) {
    if (!time.isUp) throw cause
    return { result: undefined, done: 0, ofItself: 0, isBuilt }
  } finally {
    progress.clear()
  }
}

type Sides = { readonly base: ReturnType<typeof runnerOf>; readonly head: ReturnType<typeof runnerOf> }

async function rounds(
  { base, head }: Sides,
  merged: (ran: Rounds) => Result,
  { rounds: most, args, time }: Asked,
  progress: Progress,
): Promise<Measured> {
  const sequence = new Sequence(ALPHA)
  time.begin()
  const ran = await interleave(base, head, {
    rounds: most,
    aaRounds: Math.min(AA_ROUNDS, Math.floor(most / 2)),
    seed: integer('seed', args.seed ?? '1', 0, 0xffff_ffff),
    progress: (done, total, label) => progress.show(done, total, label),
    isEnoughOfItself: () => {
      time.pairEnded()
      return time.hasRunAgainstItself()
    },
    isOver: (done, sofar) => {
      time.pairEnded()
      if (time.signal.aborted || !time.isLimited) return time.signal.aborted
      const part = time.hasRoom() ? time.part() : 1
      if (done < FEWEST_ROUNDS) return part >= 1
      return sequence.isOver(done, part, (alpha) => comparisonOf(merged(sofar), alpha))
    },
    isInterrupted: () => time.signal.aborted,
  })
  const done = ran.head.length
  const counted = { done, ofItself: ran.aa.length, isBuilt: true }
  if (done === 0) return { ...counted, result: undefined }
  const result = merged(ran)
  return { ...counted, result: time.isLimited ? { ...result, sequential: sequence.end(done) } : result }
}

export const comparisonOf = (result: Result, alpha = ALPHA): Comparison =>
  compare([{ name: 'this run', result }], { by: BY_REVISION, alpha, force: false, metrics: [] })

/** Processes whose time is up are ended at once: an unfinished round is not used. */
const builderOf = (node: string, time: ComparisonTime): Builder => ({
  node,
  signal: time.signal,
  owner: ownerOf(process.pid),
  end: (group, how) => {
    try {
      process.kill(-group, time.isUp ? 'SIGKILL' : how)
    } catch {
      // It has ended in the meantime.
    }
  },
})

function resultOf(ran: Rounds, base: Tree & { readonly name: string }, head: Tree, io: Io): Result {
  const last = ran.head.at(-1)!.result
  const bases = partsOf(ran.base).map((parts, index) =>
    mergeParts(parts, { name: base.name, git: base.git, side: 'base' }, noiseOf(ran.aa, index)),
  )
  const heads = partsOf(ran.head).map((parts) =>
    mergeParts(parts, { name: 'this tree', git: head.git, side: 'head' }, undefined),
  )
  return {
    ...last,
    command: io.command,
    source: { ...last.source, git: head.git, dirty: head.dirty },
    runs: [...bases, ...heads],
  }
}
