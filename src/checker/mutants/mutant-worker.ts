import { parentPort, workerData } from 'node:worker_threads'
import type { Check } from '../check.ts'
import { exploreProgram, type Limits } from '../explore.ts'

export type MutantJob = {
  /** The module of the checks of the mutant's traced build. */
  readonly checks: string
  readonly check: string
  readonly variant: string
  readonly configurations: readonly string[]
  readonly limits: Limits
}

export type MutantReport = {
  readonly verdict: 'PASS' | 'FAIL' | 'UNKNOWN'
  readonly by: string
  readonly configuration: string
}

/** Explores a mutant, configuration by configuration, until one of them shows that something is wrong. */
async function explore({ checks, check: name, variant, configurations, limits }: MutantJob): Promise<MutantReport> {
  const { CHECKS } = (await import(checks)) as { CHECKS: readonly Check[] }
  const check = CHECKS.find((one) => one.name === name)!
  let isKnown = true
  for (const configuration of configurations) {
    const { verdict, findings } = exploreProgram(check.program(variant, configuration), limits)
    if (verdict === 'FAIL') return { verdict, by: findings[0]!.name, configuration }
    isKnown &&= verdict === 'PASS'
  }
  return { verdict: isKnown ? 'PASS' : 'UNKNOWN', by: '', configuration: '' }
}

try {
  parentPort!.postMessage(await explore(workerData as MutantJob))
} catch (error) {
  const by = error instanceof Error ? `it fails: ${error.message.split('\n')[0]!.slice(0, 60)}` : 'it fails'
  parentPort!.postMessage({ verdict: 'FAIL', by, configuration: '' } satisfies MutantReport)
}
