// Our vCPU that touches fresh pages as a CPU of a run, alone on this thread, with one of the instruments:
// `watched-fault.js INSTRUMENT PAGES ROUNDS` prints the ns of CPU time of a fault, a line a round, and what was timed meanwhile.

import { HISTOGRAM } from '../../dist/protocols/counters.js'
import { CpuRecords, Records } from '../../dist/shared-memory/records.js'
import { signalOf, targetOf } from '../../dist/threads/compile-for.js'
import { Control, MEASURE } from '../../dist/threads/control.js'
import { loadDirectBuild } from '../../dist/threads/direct.js'
import { cpuFor } from '../../dist/threads/for-words.js'
import { allocate, unmeasuredCounts } from '../../dist/threads/memory.js'
import { Status } from '../../dist/threads/status.js'
import { compileVm } from '../../dist/threads/wasm/compile-system.js'
import { installCode } from '../../dist/threads/wasm/install.js'
import { shapeOf } from '../../dist/workers/run-result.js'
import { cpuNs } from './cpu-time.js'
import { INSTRUMENTS } from './instruments.js'

const BASE_GFN = 1 << 20
/** What a plan asks for in trials for latency. */
const SAMPLE_EVERY = 8

const [name, pages, rounds] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])]
const { recorder, ...watched } = INSTRUMENTS[name]
const all = pages * rounds
const system = {
  ...{ variant: 'precheck', cpus: 1, vcpus: 1, mmu: 'tdp', preempt: 'full', tlbEntries: 512, hugePerMille: 0 },
  ...watched,
  memslots: [{ slot: 0, baseGfn: BASE_GFN, hva: 1 << 29, pages: all }],
}
const plan = {
  role: 'vcpu',
  sampleEvery: recorder ? SAMPLE_EVERY : 0,
  accesses: { kind: 'sweep', firstGfn: BASE_GFN, pages: all, everyNs: 0, startNs: 0 },
}

const direct = await loadDirectBuild('opened')
const { place, vm } = direct.buildSystem(system)
const shape = shapeOf(place, 1)
const memory = allocate(place, 'wasm', 1, Records.countWords(shape))
memory.words.fill(0)
vm.initialise(memory.words)
const measured = new Records(shape, Records.buffers(shape, SharedArrayBuffer, memory.counts)).of(0)
const control = new Control(memory.control)
control.originMs = performance.now()
control.advance(MEASURE)
const cpu = cpuFor(0, memory, undefined, {
  ...{ control, cpus: 1, measured, status: new Status(memory.standings).writer(0) },
  unmeasured: CpuRecords.scratch(shape, SharedArrayBuffer, unmeasuredCounts(memory, 0)),
  ...{ workTurns: [], broadcastTurns: [], interconnect: new Int32Array(new SharedArrayBuffer(4)) },
  ...{ keepsLockStatistics: watched.lockStatistics, leads: false, originMs: control.originMs },
})
const target = targetOf(0, memory, watched.lockStatistics, 'never', shape.counters, signalOf(0, memory))
const code = compileVm(vm, direct.runRole, target)
if (code.left.length > 0) throw new Error(code.left.map(({ method, why }) => `${method}: ${why}`).join('\n'))
installCode(code, vm, cpu, memory.wasm, direct.runRole)

/** Each round has fresh pages of one VM, so that the compiler sees one VM as in a trial. */
let taken = -1
let before = cpuNs()
const running = cpu.running.bind(cpu)
cpu.running = () => {
  taken += 1
  if (taken % pages === 0 && taken > 0) {
    const now = cpuNs()
    console.log((now - before) / pages)
    before = now
  }
  return running() && taken < all
}
direct.runRole(cpu, vm, plan)
cpu.roleEnded()

const holds = place.locks.flatMap(({ id }) => [0, 1].map((side) => measured.lock(id, side)))
const sum = (field) => holds.reduce((total, lock) => total + lock[field], 0)
const timedFaults = measured.histogram(HISTOGRAM.guest_stall_ns).count
console.log(JSON.stringify({ faults: all, timedFaults, acquisitions: sum('acquisitions'), timedHolds: sum('holds') }))
