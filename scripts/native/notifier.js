// Our notifier that invalidates mapped pages, alone on this thread: as notifier.c. `notifier.js WORDS PAGES CHUNK ROUNDS [trace]`.
// With CHUNK `zapper` it is the zapper, which takes 512 pages at a time.
import { compileVmFor } from '../../dist/threads/compile-for.js'
import { loadDirectBuild } from '../../dist/threads/direct.js'
import { cpuFor } from '../../dist/threads/for-words.js'
import { allocate } from '../../dist/threads/memory.js'
import { ONE_VCPU } from '../../dist/threads/wasm/one-vcpu.contract.js'
import { cpuNs } from './cpu-time.js'

const [BASE_GFN, BASE_HVA] = [1 << 20, 1 << 29]
const [words, pagesText, chunkText, roundsText, trace] = process.argv.slice(2)
const isZapper = chunkText === 'zapper'
const [pages, chunk, rounds] = [Number(pagesText), isZapper ? 512 : Number(chunkText), Number(roundsText)]
const calls = pages / chunk
const SYSTEM = {
  ...ONE_VCPU,
  memslots: [{ slot: 0, baseGfn: BASE_GFN, hva: BASE_HVA, pages }],
}
/** What notifier.c has for them: an access to a shared word, or a barrier. */
const OPERATIONS = 'read,write,load,loadAcquire,store,storeRelease,add,sub,or,xchg,cas,barrier'.split(',')

const touches = {
  role: 'vcpu',
  sampleEvery: 0,
  accesses: { kind: 'sweep', firstGfn: BASE_GFN, pages, everyNs: 0, startNs: 0 },
}
const startHvas = Int32Array.from({ length: calls }, (_, call) => BASE_HVA + call * chunk)
const endHvas = startHvas.map((start) => start + chunk)
const invalidates = {
  role: 'notifier',
  invalidations: { kind: 'recorded', atNs: new Float64Array(0), startHvas, endHvas, startNs: 0 },
  isTimed: false,
}
const zaps = { role: 'zapper', zap: { kind: 'zap', firstGfn: BASE_GFN, pages, chunk, pauseNs: 0 } }

const direct = await loadDirectBuild(words === 'wasm' ? 'opened' : 'direct')
// Each CPU has its own objects of the VM, as in a thread of its own.
const { place, vm } = direct.buildSystem(SYSTEM)
const { vm: vmOfTask } = direct.buildSystem(SYSTEM)
const memory = allocate(place, words, 2)
memory.words.fill(0)
vm.initialise(memory.words)
const role = isZapper ? 'zap' : 'notifier'
const [vcpu, task] = [cpuFor(0, memory), cpuFor(1, memory)]
const left = [
  ...compileVmFor(vm, direct.runRole, vcpu, memory),
  ...compileVmFor(vmOfTask, direct.runRole, task, memory, role),
]
if (left.length > 0) throw new Error(left.map(({ method, why }) => `${method} is not compiled: ${why}`).join('\n'))

function play(cpu, ofVm, plan, times, before = () => {}) {
  let turns = 0
  cpu.running = () => {
    before(turns)
    turns += 1
    return turns <= times
  }
  direct.runRole(cpu, ofVm, plan)
}

let isNoted = false
if (trace !== undefined) {
  for (const name of OPERATIONS) {
    task[name] = (...args) => {
      if (isNoted) console.log(name)
      return Object.getPrototypeOf(task)[name].apply(task, args)
    }
  }
}
for (let round = 0; round < rounds; round += 1) {
  play(vcpu, vm, touches, pages + 1)
  const began = cpuNs()
  play(task, vmOfTask, isZapper ? zaps : invalidates, calls, (call) => {
    isNoted = call === calls / 2 + 8
  })
  if (trace === undefined) console.log((cpuNs() - began) / calls)
}
