import { createHash, randomUUID } from 'node:crypto'
import { calibrate } from '../threads/calibrate.ts'
import type { BenchOptions } from './bench-options.ts'
import { describeHost, describeSource, engineHash } from './host.ts'
import { type Result, SCHEMA, VERSION } from './result.ts'

type Asked = Pick<BenchOptions, 'plan' | 'profiles'>

/** ms that each primitive is calibrated for. */
export const CALIBRATION_MS = 15

/** A result of this host that has no runs yet. */
export async function measuredHeader({ command, runtime, signal, ...asked }: BenchOptions): Promise<Result> {
  // A plan that ended before it began measures nothing, this host included.
  const calibration = signal?.aborted === true ? {} : await calibrate(CALIBRATION_MS, signal)
  const host = describeHost(runtime, calibration.clock_read_ns ?? 0)
  return headerOf(asked, { id: randomUUID(), createdAt: new Date().toISOString(), command, host, calibration })
}

/**
 * A result that will hold modelled runs only. It does not say when and where it was computed, because it does not depend on
 * that: the same plan gives the same bytes.
 */
export function modelledHeader({ command: words, ...asked }: BenchOptions): Result {
  const command = withoutOutput(words)
  const id = modelledId(command, { source: describeSource(), seed: asked.plan.seed })
  return headerOf(asked, { id, createdAt: new Date(0).toISOString(), command, host: NO_HOST, calibration: {} })
}

/** Alike for the same plan of the same code. */
export function modelledId(command: Result['command'], { source, seed }: Pick<Result, 'source' | 'seed'>): string {
  const asked = JSON.stringify([source.definition, engineHash(), command, seed])
  return `modelled-${createHash('sha256').update(asked).digest('hex').slice(0, 32)}`
}

type OfMachine = Pick<Result, 'id' | 'createdAt' | 'command' | 'host' | 'calibration'>

const headerOf = ({ plan, profiles }: Asked, { id, createdAt, command, host, calibration }: OfMachine): Result => ({
  schema: SCHEMA,
  version: VERSION,
  id,
  createdAt,
  command,
  seed: plan.seed,
  source: describeSource(),
  host,
  calibration,
  ...(profiles === undefined ? {} : { profiles }),
  runs: [],
})

const ASIDE = ['--json', '--quiet', '--no-progress', '--locks', '--force', '--all', '--verbose']
const OUT = ['--out', '--save', '--report', '--shard']

/** The words of a command line without the flags that only affect where the result goes and what is printed. */
function withoutOutput(words: readonly string[]): string[] {
  const isOut = (word = '') => OUT.includes(word)
  const isAside = (word: string) =>
    ASIDE.includes(word) || isOut(word) || OUT.some((flag) => word.startsWith(`${flag}=`))
  return words.filter((word, at) => !isAside(word) && !isOut(words[at - 1]))
}

/** The host of a result that has none. */
export const NO_HOST: Result['host'] = {
  cpu: 'none: modelled',
  cores: 0,
  quota: null,
  memory: 0,
  os: 'any',
  kernel: 'any',
  node: 'any',
  v8: 'any',
  governor: null,
  virtualised: null,
  clockNs: 0,
}
