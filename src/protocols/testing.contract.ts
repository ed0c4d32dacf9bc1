// For tests: a small VM on a stage, whose actors take the steps of system 0 in the order that a test wants.
import type { Gfn, Hva } from '../shared-memory/addresses.ts'
import type { Cpu } from '../shared-memory/cpu.ts'
import { Place } from '../shared-memory/place.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { Stage } from '../shared-memory/testing.contract.ts'
import { violationsAtRest } from './at-rest.ts'
import { COUNTER, type CounterName } from './counters.ts'
import type { Kernel } from './kernel.ts'
import { notifyEnd, notifyStart } from './mmu-notifier.ts'
import { ORACLES, type OracleName } from './oracles.ts'
import { Fault, type FaultResult } from './page-fault.ts'
import { PlacedVm } from './placed-vm.ts'
import { PRECHECK } from './variants/precheck.ts'
import type { Vm } from './vm.ts'
import type { VmConfig } from './vm-config.ts'

export const BASE_GFN = 0x1000
export const BASE_HVA = 0x10_0000
const PAGES = 64

export type Act = (cpu: Cpu, vm: Vm) => Steps<unknown>

export class SmallVm {
  readonly vm: Vm
  readonly stage: Stage

  /** CPU 0 and as many more as there are `vcpus` are vCPUs; each act runs on the CPU of its number. */
  constructor(acts: readonly Act[], kernel: Kernel = PRECHECK, config: Partial<VmConfig> = {}) {
    const place = new Place()
    this.vm = new PlacedVm(
      place,
      {
        cpus: acts.length,
        vcpus: 1,
        memslots: [{ slot: 0, baseGfn: BASE_GFN, hva: BASE_HVA, pages: PAGES }],
        mmu: 'tdp',
        preempt: 'full',
        tlbEntries: 16,
        isHuge: () => false,
        oracles: true,
        lockStatistics: false,
        ...config,
      },
      kernel,
    )
    const memory = new Int32Array(place.words)
    this.vm.initialise(memory)
    this.stage = new Stage(
      place,
      acts.map((act) => (cpu: Cpu) => act(cpu, this.vm)),
      memory,
    )
  }

  /** Properties violated so far, by any CPU. */
  get violations(): OracleName[] {
    return this.stage.cpus.flatMap((cpu) => cpu.violations.map(({ oracle }) => ORACLES[oracle]!.name))
  }

  get violationsAtRest(): OracleName[] {
    return violationsAtRest(this.vm, this.stage.memory).map(({ oracle }) => oracle)
  }

  /** What all CPUs together have counted. */
  counted(name: CounterName): number {
    return this.stage.cpus.reduce((sum, cpu) => sum + cpu.counted(COUNTER[name]), 0)
  }

  leaf(page: number): number {
    return this.vm.pages.peekLeaf(this.stage.cpus[0]!, gfnOf(page))
  }

  /** The pages of the memslot that a leaf maps. */
  get mapped(): number[] {
    return Array.from({ length: PAGES }, (_, page) => page).filter((page) => this.leaf(page) !== 0)
  }
}

export const gfnOf = (page: number): Gfn => (BASE_GFN + page) as Gfn
export const hvaOf = (page: number): Hva => (BASE_HVA + page) as Hva

/** One page fault on a page of the memslot. */
export const faultOn = (page: number): Act =>
  function* (cpu, vm): Steps<FaultResult> {
    const fault = new Fault()
    fault.begin(gfnOf(page), false)
    return yield* vm.kvm.mmuPageFault(cpu, vm, fault)
  }

/** Page faults one after the other. */
export const faultsOn = (...pages: readonly number[]): Act =>
  function* (cpu, vm) {
    for (const page of pages) yield* faultOn(page)(cpu, vm)
  }

/** invalidate_range_start and _end of pages [first, end), and between them the pages move. */
export const invalidate = (first: number, end: number): Act =>
  function* (cpu, vm) {
    yield* notifyStart(cpu, vm, hvaOf(first), hvaOf(end))
    yield* vm.host.migrate(cpu, first, end - first)
    yield* notifyEnd(cpu, vm, hvaOf(first), hvaOf(end))
  }

export const inTurn = (...acts: readonly Act[]): Act =>
  function* (cpu, vm) {
    for (const act of acts) yield* act(cpu, vm)
  }
