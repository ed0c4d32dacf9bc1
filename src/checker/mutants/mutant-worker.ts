import { parentPort, workerData } from 'node:worker_threads'
import type { PatchCode } from '../../patches/code.ts'
import type { VersionName } from '../../protocols/kernel.ts'
import type { Check } from '../check.ts'
import { exploreProgram } from '../explore.ts'
import type { Limits } from '../limits.ts'
import { checkWith } from '../load-checks.ts'

/** The place at which a mutant is explored. */
export type Place = {
  readonly check: string
  readonly variant: string
  /** A file of the user's that is the variant, and the kernel that it is put on, if that is another than its own. */
  readonly patch?: PatchCode
  readonly kernel?: VersionName
  readonly configuration: string
  readonly limits: Limits
}

export type MutantJob = {
  /** The module of the checks of the mutant's traced build. */
  readonly checks: string
  readonly places: readonly Place[]
}

export type MutantReport = {
  readonly verdict: 'PASS' | 'FAIL' | 'UNKNOWN'
  readonly by: string
  /** The check and the configuration in which it was noticed. */
  readonly where: string
}

/** Explores a mutant, place by place, until one of them shows that something is wrong. */
async function explore({ checks, places }: MutantJob): Promise<MutantReport> {
  const { CHECKS } = (await import(checks)) as { CHECKS: readonly Check[] }
  // One of our mutants is a separate build with its own kernels.
  const build = new URL('../../', checks)
  let isKnown = true
  for (const { check: name, variant, patch, kernel, configuration, limits } of places) {
    const where = `${name} ${configuration}`
    parentPort!.postMessage(where)
    try {
      const { check } = await checkWith(CHECKS.find((one) => one.name === name)!, { patch, kernel }, build)
      const alive = () => parentPort!.postMessage(where)
      const { verdict, because, findings } = exploreProgram(check.program(variant, configuration), limits, alive)
      if (verdict === 'FAIL') return { verdict, by: findings[0]!.name, where }
      // The good variant ends in a fraction of this number of steps, in any order.
      if (because === 'depth') return { verdict: 'FAIL', by: `no end in ${limits.depth} steps`, where }
      isKnown &&= verdict === 'PASS'
    } catch (error) {
      return { verdict: 'FAIL', by: `it fails: ${sentenceOf(error)}`, where }
    }
  }
  return { verdict: isKnown ? 'PASS' : 'UNKNOWN', by: '', where: '' }
}

const sentenceOf = (error: unknown) =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]!.slice(0, 60)

parentPort!.postMessage(await explore(workerData as MutantJob))
