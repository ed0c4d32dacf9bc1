import type { Group } from '../bench/plan.ts'
import type { Shard } from '../bench/result.ts'
import { FaultlineError } from '../errors/faultline-error.ts'

/** `2/8`: the second of eight parts of a plan. */
export function shardOf(text: string | undefined, groups: readonly Group[]): Shard | undefined {
  if (text === undefined) return undefined
  const [, index, of] = /^(\d+)\/(\d+)$/.exec(text.trim())?.map(Number) ?? []
  if (index === undefined || of === undefined || index < 1 || index > of) {
    throw new FaultlineError('BAD_SHARD', 'usage', `--shard is '${text}', which is not part i of n`, {
      hint: 'Write --shard 1/8 on the first of eight machines.',
    })
  }
  return { index, of, points: groups.length }
}

/** The points of a part: every nth, so that the parts take about as long. */
export const groupsOfShard = (groups: readonly Group[], { index, of }: Shard): Group[] =>
  groups.filter((_, at) => at % of === index - 1)
