import {
  brings,
  COUNTER,
  type Cpu,
  flushRemoteTlbs,
  type Gfn,
  KVM_REQ_TLB_FLUSH,
  makeAllCpusRequest,
  patch,
  type Steps,
  V6_5,
  type Vcpu,
  type Vm,
  vcpuFlushTlbAll,
  type Word,
} from 'faultline/kvm'

// A zapper that yields has to flush what it has zapped. The kernel flushes the whole TLB of every vCPU then; here a vCPU is told which
// blocks of 2 MiB, in a word of its own, and forgets those.

/** In `flushed`: everything. Else the first block and the one after the last, 16 bits each; 0: nothing has been posted. */
const WHOLE = -1
const BLOCK_SHIFT = 9
const BLOCK_MASK = 0xffff

const own = brings({
  counters: ['tlb_flush_range'],
  place: (place, { vcpus }) => ({
    /** One a vCPU: what its next flush is of. Written by the CPU that flushes, taken by the vCPU. */
    flushed: Array.from({ length: vcpus }, (_, vcpu) => place.line(`flushed${vcpu}`)),
  }),
})

export default patch({
  name: 'range-flush',
  on: V6_5,
  says: 'a zapper that yields has only those blocks flushed that it has walked through since it yielded last',
  replaces: { flushRemoteTlbs: flushWhatIsStale, vcpuFlushTlbAll: flushWhatIsPosted },
  brings: own,
})

/** `kvm_flush_remote_tlbs()`; at a yield of a walk with one root, of the blocks behind it. */
function* flushWhatIsStale(cpu: Cpu, vm: Vm, cause: number): Steps<void> {
  const { flushed } = own.words(vm)
  if (cause !== COUNTER.tlb_flush_remote_yield || vm.hasRmaps || vm.nx !== undefined) {
    // Before the request, so that a vCPU that finds the request finds this.
    for (const word of flushed) yield* cpu.store(word, WHOLE)
    yield* flushRemoteTlbs(cpu, vm, cause)
    return
  }
  const { yieldedGfn, gfn } = vm.local[cpu.id]!.iter
  cpu.count(cause, 1)
  cpu.count(COUNTER.remote_tlb_flush_requests, 1)
  for (const word of flushed) yield* post(cpu, word, yieldedGfn >>> BLOCK_SHIFT, (gfn >>> BLOCK_SHIFT) + 1)
  const sent = yield* makeAllCpusRequest(cpu, vm, KVM_REQ_TLB_FLUSH, COUNTER.tlb_flush_ipis)
  if (sent) cpu.count(COUNTER.remote_tlb_flush, 1)
  // For the oracle: the kernel has no such word.
  vm.local[cpu.id]!.pendingFlush = false
}

/** Adds the blocks [first, end) to what a vCPU will flush, which may take it at the same time. */
function* post(cpu: Cpu, word: Word, first: number, end: number): Steps<void> {
  for (;;) {
    const before = yield* cpu.load(word)
    if (before === WHOLE) return
    const low = before === 0 ? first : Math.min(first, before >>> 16)
    const high = before === 0 ? end : Math.max(end, before & BLOCK_MASK)
    const seen = yield* cpu.cas(word, before, (low << 16) | high)
    if (seen === before) return
  }
}

/** `kvm_vcpu_flush_tlb_all()`, unless less was posted. */
function* flushWhatIsPosted(cpu: Cpu, vm: Vm, vcpu: Vcpu): Steps<void> {
  const posted = yield* cpu.xchg(own.words(vm).flushed[vcpu.id]!, 0)
  if (posted === WHOLE || posted === 0) {
    yield* vcpuFlushTlbAll(cpu, vm, vcpu)
    return
  }
  cpu.count(own.counter.tlb_flush_range, 1)
  const start = ((posted >>> 16) << BLOCK_SHIFT) as Gfn
  const end = ((posted & BLOCK_MASK) << BLOCK_SHIFT) as Gfn
  vcpu.tlb.flushRange(start, end)
}
