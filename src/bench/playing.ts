import { Ahead, type Part } from './ahead.ts'
import type { BenchOptions, Watcher } from './bench-options.ts'
import { type Chain, chainsOf, chainsOfShard, nextGroup } from './frontier/refine.ts'
import { runsAskedOf } from './load.ts'
import type { Gathered, Listeners } from './machines/machine.ts'
import { Model } from './machines/model/model.ts'
import { Threads } from './machines/threads/threads.ts'
import { type Group, scheduleOf } from './plan.ts'
import { judged } from './replaying.ts'
import type { Result, Run, Shard } from './result.ts'
import { Finished } from './resume.ts'
import { runOf } from './run-of.ts'
import { pointTexts } from './swept.ts'

/** Parts that are begun before their turn, for each core. */
const AHEAD = 4

/** A part, and the place of its load among all loads of the plan. */
type Placed = { readonly part: Part; readonly point: number }
/** A part that has been run, or found in an earlier result. */
type Played = Placed & { readonly own: readonly Run[] }

/** A running plan: first its groups, then points that depend on their results. */
export class Playing {
  readonly #options: BenchOptions
  readonly #watcher: Watcher
  readonly #finished: Finished
  readonly #parts: readonly Part[]
  readonly #runs: Run[] = []
  #total = 0

  constructor(options: BenchOptions, watcher: Watcher) {
    this.#options = options
    this.#watcher = watcher
    this.#finished = new Finished(options.earlier)
    this.#parts = options.groups.map((group) => this.#partOf(group))
  }

  /** Trials that are left, as far as that is known. */
  get total(): number {
    return this.#total
  }

  /** Whether any part is measured. */
  get isMeasured(): boolean {
    const { refine } = this.#options
    return this.#parts.some(
      ({ group, there }) => group.modelled === undefined && (there === undefined || refine !== undefined),
    )
  }

  /** `header`: a result with no runs yet. */
  async run(header: Result): Promise<Result> {
    const { shard, refine, earlier } = this.#options
    const { shard: _, runs: __, digest: ___, ...head } = earlier ?? header
    const resultOf = (part: Shard | undefined): Result =>
      part === undefined ? { ...head, runs: this.#runs } : { ...head, shard: part, runs: this.#runs }
    const result = resultOf(shard === undefined || refine === undefined ? shard : { ...shard, refined: null })
    const listeners = this.#listeners()
    const threads = new Threads(this.#options, header, listeners)
    const model = new Model(this.#options, listeners)
    const most = model.cores * AHEAD
    const play = async ({ part, point }: Placed): Promise<readonly Run[]> => {
      const machine = part.group.modelled === undefined ? threads : model
      const runsOf = (gathered: readonly Gathered[]) =>
        withAsked(
          part.group,
          gathered.map((one) => runOf(part.group, this.#options.plan, one)),
        )
      const trialEnded = (sofar: () => readonly Gathered[]) =>
        this.#watcher.trialEnded?.(() => {
          return { ...result, runs: [...this.#runs, ...this.#placed({ part, point, own: runsOf(sofar()) })] }
        })
      return runsOf(await machine.play(part, trialEnded))
    }
    const keep = (played: Played) => {
      const own = this.#placed(played)
      const held = this.#watcher.held?.(own, result) ?? own
      this.#runs.push(...held)
      if (played.part.there === undefined) this.#watcher.finished(result)
      return held
    }
    try {
      const swept = await this.#sweep(most, play, keep)
      if (swept === undefined || refine === undefined) return result
      const refined = await this.#refine(swept, most, play, keep)
      return shard === undefined || refined === undefined ? result : resultOf({ ...shard, refined })
    } finally {
      await model.end()
    }
  }

  /** The runs of each group; undefined if the plan ended there. */
  async #sweep(most: number, play: Play, keep: Keep): Promise<(readonly Run[])[] | undefined> {
    const { signal, shard, refine } = this.#options
    const pointOf = (index: number) =>
      shard === undefined || refine !== undefined ? index : index * shard.of + shard.index - 1
    const placed = this.#parts.map((part, index) => ({ ...part, part, point: pointOf(index) }))
    const ahead = new Ahead(placed, most, play)
    const all: (readonly Run[])[] = []
    for (const [index, { part, point }] of placed.entries()) {
      if (signal.aborted && !ahead.hasBegun(index)) return undefined
      const own = part.there ?? (await ahead.take(index))
      const held = keep({ part, point, own })
      if (!continuing(part, own)) return undefined
      all.push(held)
    }
    return signal.aborted ? undefined : all
  }

  /** The number of points added by the refinement; undefined if the plan ended before the last one. */
  async #refine(swept: readonly (readonly Run[])[], most: number, play: Play, keep: Keep): Promise<number | undefined> {
    const { groups, refine, shard, signal } = this.#options
    const chains = chainsOfShard(chainsOf(refine!, groups, swept), shard)
    // Modelled parts start early; their results are kept until their turn.
    const isModelled = ({ group }: Chain) => group.modelled !== undefined
    const ahead = new Ahead(chains, most, (chain) => this.#playChain(chain, play, isModelled(chain) ? undefined : keep))
    let points = 0
    for (const [index, chain] of chains.entries()) {
      if (signal.aborted && !ahead.hasBegun(index)) return undefined
      const played = await ahead.take(index)
      if (isModelled(chain)) for (const each of played) keep(each)
      if (!played.every(({ part, own }) => continuing(part, own))) return undefined
      points += played.length
    }
    return signal.aborted ? undefined : points
  }

  /** Each point depends on those before it. */
  async #playChain(chain: Chain, play: Play, keep: Keep | undefined): Promise<Played[]> {
    const { groups, refine, signal } = this.#options
    const played: Played[] = []
    const done: (readonly Run[])[] = []
    for (;;) {
      const group = nextGroup(refine!, chain, done)
      if (group === undefined || signal.aborted) return played
      const part = this.#partOf(group)
      const point = groups.length + chain.first + done.length
      const own = part.there ?? (await play({ part, point }))
      played.push({ part, point, own })
      keep?.({ part, point, own })
      if (own.some(({ error, interrupted }) => error !== null || interrupted !== undefined)) return played
      done.push(own)
    }
  }

  #partOf(group: Group): Part {
    const { plan } = this.#options
    const schedule = scheduleOf(group, plan)
    const there = this.#finished.take(runsAskedOf(group, plan))
    if (there === undefined) this.#total += schedule.length
    return { group, schedule, there }
  }

  #placed({ part, point, own }: Played): readonly Run[] {
    return judged(part.group, this.#options.shard === undefined ? own : own.map((run) => ({ point, ...run })))
  }

  #listeners(): Listeners {
    const { groups, plan } = this.#options
    const pointOf = pointTexts(groups, plan)
    let done = 0
    return {
      onTrial: (label, group) => {
        const point = pointOf(group)
        this.#watcher.progress(done, this.#total, point === '' ? label : `${point}, ${label}`)
        done += 1
      },
      onSpeed: this.#watcher.speed,
      onFailure: (cause) => this.#watcher.failed?.(cause),
      onLive: this.#watcher.live,
    }
  }
}

type Play = (placed: Placed) => Promise<readonly Run[]>
/** The part of its runs that stays in memory. */
type Keep = (played: Played) => readonly Run[]

/** Runs of a group that was cut short name its variants, so that none of them is taken for the baseline in its absence. */
function withAsked({ variants }: Group, runs: readonly Run[]): readonly Run[] {
  if (runs.length === variants.length || runs.some(({ error }) => error !== null)) return runs
  return runs.map((run) => ({ ...run, asked: variants.map(({ name }) => name) }))
}

/** A plan ends with a run that fails. A broken variant alone may fail without ending it: the runs after it do not depend on it. */
const continuing = ({ group }: Part, own: readonly Run[]) =>
  own.every(({ error }) => error === null) || group.variants.every(({ kind }) => kind === 'broken')
