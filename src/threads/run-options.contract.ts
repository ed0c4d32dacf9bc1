// For tests: short runs of a vCPU and another role on one memslot.
import { BROADCAST, WORK } from '../protocols/costs.ts'
import type { RolePlan } from '../workers/roles.ts'
import type { RunOptions } from './run.ts'

/** A vCPU that touches `pages` fresh pages again and again. */
export const vcpuOf = (pages: number): RolePlan => ({
  role: 'vcpu',
  accesses: { kind: 'touch', hotGfns: [], hotPerMille: 0, firstGfn: 0, pages, seed: 1, everyNs: 0, startNs: 0 },
  sampleEvery: 0,
})

export function optionsOf(roles: readonly RolePlan[], pages: number, more: Partial<RunOptions> = {}): RunOptions {
  return {
    system: {
      variant: 'precheck',
      cpus: roles.length,
      vcpus: roles.filter(({ role }) => role === 'vcpu').length,
      memslots: [{ slot: 0, baseGfn: 0, hva: 0, pages }],
      mmu: 'tdp',
      preempt: 'full',
      tlbEntries: 64,
      hugePerMille: 0,
      oracles: true,
      lockStatistics: true,
    },
    roles,
    warmupMs: 5,
    durationMs: 200,
    recordingMs: 0,
    workTurns: WORK.map(() => 10),
    broadcastTurns: BROADCAST.map(() => 10),
    cores: 2,
    stallMs: 2000,
    ...more,
  }
}
