import type { Run } from '../result.ts'

/** Says of which faults the latencies are; undefined: of all, or of none. */
export function timedFaultsNote(runs: readonly Run[]): string | undefined {
  const each = runs.map(timedFaults)
  const sum = (of: 'timed' | 'resolved') => each.reduce((total, run) => total + run[of], 0)
  const [timed, resolved] = [sum('timed'), sum('resolved')]
  if (timed === 0 || timed > ALL * resolved) return undefined
  return `fault latencies are of ${((timed / resolved) * 100).toPrecision(2)} % of the faults, chosen at random: max is the longest of these`
}

/** Of faults that were all timed, some are resolved and not back in the guest when the window ends. */
const ALL = 0.99
const RESOLVED = ['pf_fixed', 'pf_spurious', 'pf_fast', 'pf_emulate']

/** In trials for latency on threads. */
function timedFaults({ histograms, trials, kind }: Run): { readonly timed: number; readonly resolved: number } {
  const { fault_latency_ns: latencies, nx_refault_latency_ns: refaults } = histograms
  const latency = trials.filter(({ mode }) => kind === 'measured' && mode === 'latency')
  const resolved = latency.flatMap(({ counters }) => RESOLVED.map((name) => counters?.[name] ?? 0))
  return {
    timed: latency.length === 0 ? 0 : (latencies?.count ?? 0) + (refaults?.count ?? 0),
    resolved: resolved.reduce((total, count) => total + count, 0),
  }
}
