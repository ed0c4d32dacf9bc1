// Our vCPU that touches fresh pages, alone on this thread: as fault.c. `fault.js WORDS PAGES ROUNDS [trace]`.

import { compileVmFor } from '../../dist/threads/compile-for.js'
import { loadDirectBuild } from '../../dist/threads/direct.js'
import { cpuFor } from '../../dist/threads/for-words.js'
import { allocate } from '../../dist/threads/memory.js'
import { ONE_VCPU } from '../../dist/threads/wasm/one-vcpu.contract.js'
import { cpuNs } from './cpu-time.js'

const BASE_GFN = 1 << 20
const [words, pages, rounds, trace] = [
  process.argv[2],
  Number(process.argv[3]),
  Number(process.argv[4]),
  process.argv[5],
]
const SYSTEM = {
  ...ONE_VCPU,
  cpus: 1,
}
/** What fault.c has for them: an access to a shared word, or a barrier. */
const OPERATIONS = ['read', 'load', 'loadAcquire', 'store', 'storeRelease', 'add', 'sub', 'cas', 'barrier']

const plan = (first, many) => ({
  role: 'vcpu',
  sampleEvery: 0,
  accesses: { kind: 'sweep', firstGfn: BASE_GFN + first, pages: many, everyNs: 0, startNs: 0 },
})

const direct = await loadDirectBuild(words === 'wasm' ? 'opened' : 'direct')
/** A VM with these pages, and a CPU for it. Its memory has been touched. */
function newVm(pages) {
  const memslots = [{ slot: 0, baseGfn: BASE_GFN, hva: 1 << 29, pages }]
  const { place, vm } = direct.buildSystem({ ...SYSTEM, memslots })
  const memory = allocate(place, words, 1)
  memory.words.fill(0)
  vm.initialise(memory.words)
  const cpu = cpuFor(0, memory)
  const left = compileVmFor(vm, direct.runRole, cpu, memory)
  if (left.length > 0) throw new Error(left.map(({ method, why }) => `${method} is not compiled: ${why}`).join('\n'))
  return { vm, cpu }
}

function traceOne() {
  const { vm, cpu } = newVm(pages)
  const page = pages / 2 + 8
  let isNoted = false
  for (const name of OPERATIONS) {
    cpu[name] = (...args) => {
      if (isNoted) console.log(name)
      return Object.getPrototypeOf(cpu)[name].apply(cpu, args)
    }
  }
  let left = page + 1
  cpu.running = () => {
    left -= 1
    isNoted = left === 0
    return left >= 0
  }
  direct.runRole(cpu, vm, plan(0, pages))
}

/** Each round has fresh pages of one VM, so that the compiler sees one VM as in a trial. */
function timeRounds() {
  const { vm, cpu } = newVm(pages * rounds)
  let left = 0
  let before = cpuNs()
  cpu.running = () => {
    left += 1
    if (left % pages !== 0) return true
    const now = cpuNs()
    console.log((now - before) / pages)
    before = now
    return left < pages * rounds
  }
  direct.runRole(cpu, vm, plan(0, pages * rounds))
}

if (trace !== undefined) traceOne()
else timeRounds()
