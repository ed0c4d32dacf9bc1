import type { Program } from 'acorn'
import * as exported from '../protocols/index.ts'
import type { Patch } from '../protocols/patch.ts'
import type { Vm } from '../protocols/vm.ts'
import { buildSystem, type SystemSpec } from '../workers/system.ts'
import { isBrings, type Stands } from './rules/members.ts'
import { cpuMembers } from './step-names.ts'

const PLAIN: Omit<SystemSpec, 'variant'> = {
  cpus: 2,
  vcpus: 1,
  memslots: [{ slot: 0, baseGfn: 0, hva: 0, pages: 64 }],
  mmu: 'tdp',
  preempt: 'full',
  tlbEntries: 2,
  hugePerMille: 0,
  oracles: false,
  lockStatistics: false,
}

/** VMs that have, between them, all that a VM can have. */
const SHAPES: readonly Omit<SystemSpec, 'variant'>[] = [
  PLAIN,
  {
    ...PLAIN,
    mmu: 'tdp',
    oracles: true,
    lockdep: true,
    isReplay: true,
    vms: 2,
    apic: { gfn: 8, x2apicVcpus: 0 },
    updates: {
      spare: [{ slot: 1, baseGfn: 128, hva: 128, pages: 64 }],
      pseudoLock: 'none',
      zap: 'all',
      isDestroyed: true,
    },
    nx: { roots: 1, keepsRoots: true, nestedGfn: 0, nestedPages: 0, hugeBlocks: 0, hugeLevel: 2, entries: 4 },
  },
  { ...PLAIN, stage2: { granule: '4k', iminLine: 4, scale: 1 } },
]

/** Sample values for the usual names of a protocol in VMs with this patch, and for the names that it imports and brings. */
export function standsIn(tree: Program, patch: Patch): Stands {
  const vms = SHAPES.map((shape): Vm => buildSystem({ ...shape, variant: patch }).vm)
  const cpu = Object.fromEntries(cpuMembers().map((name) => [name, undefined]))
  const stage2Vcpus = vms.flatMap(({ stage2 }) => stage2?.vcpus ?? [])
  const names = new Map<string, readonly unknown[]>([
    ['cpu', [cpu]],
    ['vm', vms],
    ['vcpu', [...vms.flatMap(({ vcpus }) => vcpus), ...stage2Vcpus]],
    ['fault', [new exported.Fault(), ...stage2Vcpus.map((vcpu) => new exported.Stage2Fault(vcpu))]],
    ['iter', [vms[0]!.local[0]!.iter]],
  ])
  for (const statement of tree.body) {
    if (statement.type === 'ImportDeclaration') {
      for (const { type, local, ...specifier } of statement.specifiers) {
        const { imported } = specifier as { readonly imported?: { readonly name?: string } }
        const value: unknown = Reflect.get(exported, imported?.name ?? '')
        if (type === 'ImportSpecifier' && value !== undefined) names.set(local.name, [value])
      }
    }
    if (statement.type !== 'VariableDeclaration') continue
    for (const { id, init } of statement.declarations) {
      if (id.type === 'Identifier' && isBrings(init)) names.set(id.name, [patch.brings])
    }
  }
  return { names, words: { of: Reflect.get(patch.brings ?? {}, 'words'), give: vms.map(({ own }) => own) } }
}
