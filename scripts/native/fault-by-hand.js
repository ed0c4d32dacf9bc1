// fault.c with bare Atomics, as one would write it for its own sake. `fault-by-hand.js PAGES ROUNDS`.
import { cpuNs } from './cpu-time.js'

const [pages, rounds] = process.argv.slice(2).map(Number)
const [BASE_GFN, ENTRIES, TLB] = [1 << 20, 512, 512]
const [RETRY, FIXED] = [1, 4]
const [W, PRESENT, LARGE, FROZEN, RWX_ACCESSED, DIRTY] = [2, 64, 128, 0x5a0, 15, 16]
const [EXITS, TAKEN, MAPPED, ACCESSES] = [0, 1, 2, 3]
/** Words of the VM, in lines of 32. */
const [MODE, REQUESTS, MMU_LOCK, SEQ, IN_PROGRESS, SLOTS, BASE, PAGES, HOST_PAGE, FLAGS, NEXT_TABLE] = [
  0, 1, 32, 64, 65, 96, 97, 98, 99, 100, 128,
]
const tables = Math.floor(pages / ENTRIES) + 16
const ENTRY = 160
const PTE = ENTRY + tables * ENTRIES
const REF = PTE + pages
const words = new Int32Array(new SharedArrayBuffer((REF + pages * 2) * 4))
const counters = new Int32Array(4)
const tlbGfns = new Int32Array(TLB)
const tlbAccess = new Int32Array(TLB)
const cache = []

const { load, store, add, sub, compareExchange: cas } = Atomics

function enterGuest() {
  if (load(words, REQUESTS) !== 0) throw new Error('a request')
  store(words, MODE, 1)
  if (load(words, MODE) !== 1 || load(words, REQUESTS) !== 0) throw new Error('a request')
}

function exitGuest() {
  counters[EXITS] += 1
  store(words, MODE, 0)
}

const sptep = (table, gfn, level) => ENTRY + table * ENTRIES + ((gfn >>> ((level - 1) * 9)) & (ENTRIES - 1))

function walk(gfn) {
  let table = 0
  for (let level = 4; level >= 1; level -= 1) {
    const spte = load(words, sptep(table, gfn, level))
    if ((spte & PRESENT) === 0) return 0
    if (level === 1 || (spte & LARGE) !== 0) return spte
    table = spte >>> 8
  }
  return 0
}

function accessMemory(gfn) {
  counters[ACCESSES] += 1
  const at = gfn % TLB
  if (tlbGfns[at] === gfn && (tlbAccess[at] & W) !== 0) return true
  const spte = walk(gfn)
  if ((spte & W) === 0) return false
  tlbGfns[at] = gfn
  tlbAccess[at] = spte
  return true
}

function findMemslot(gfn) {
  let low = 0
  let high = words[SLOTS]
  while (low < high) {
    const middle = (low + high) >> 1
    if (gfn >= words[BASE]) low = middle + 1
    else high = middle
  }
  return low !== 0 && gfn - words[BASE] < words[PAGES]
}

function topup() {
  if (cache.length === 3) return
  const first = add(words, NEXT_TABLE, 3 - cache.length)
  for (let table = first + 1; cache.length < 3; table += 1) cache.push(table)
}

const isInvalidated = (seq) => load(words, IN_PROGRESS) !== 0 || load(words, SEQ) !== seq

function faultIn(page) {
  for (;;) {
    let pte = load(words, PTE + page)
    if ((pte & 1) === 0) {
      if (cas(words, PTE + page, pte, (pte | 1) + 4) !== pte) continue
      pte = (pte | 1) + 4
    }
    const pfn = page * 2 + ((pte & 2) >> 1)
    add(words, REF + pfn, 1)
    if (load(words, PTE + page) === pte) return pfn
    sub(words, REF + pfn, 1)
  }
}

function childFor(at, spte) {
  if ((spte & PRESENT) !== 0) return spte >>> 8
  const table = cache.pop()
  return cas(words, at, spte, (table << 8) | PRESENT | RWX_ACCESSED) === spte ? table : 0
}

function map(gfn, pfn) {
  let table = 0
  for (let level = 4; ; level -= 1) {
    const at = sptep(table, gfn, level)
    const spte = load(words, at)
    if (spte === FROZEN) return RETRY
    if (level === 1) {
      return cas(words, at, spte, (pfn << 8) | PRESENT | RWX_ACCESSED | DIRTY) === spte ? FIXED : RETRY
    }
    table = childFor(at, spte)
    if (table === 0) return RETRY
  }
}

function pageFault(gfn) {
  counters[TAKEN] += 1
  if (!findMemslot(gfn)) throw new Error('no memslot')
  topup()
  const seq = words[SEQ]
  if (words[FLAGS] !== 0) throw new Error('an invalid memslot')
  if (isInvalidated(seq)) return
  const base = words[BASE]
  const pfn = faultIn(words[HOST_PAGE] + gfn - base)
  let result = RETRY
  const isStale = isInvalidated(seq)
  if (!isStale) {
    if ((add(words, MMU_LOCK, 0x200) & 0x1ff) !== 0) throw new Error('a writer')
    if (words[IN_PROGRESS] === 0 && words[SEQ] === seq) result = map(gfn, pfn)
  }
  sub(words, REF + pfn, 1)
  if (!isStale) sub(words, MMU_LOCK, 0x200)
  if (result === FIXED) counters[MAPPED] += 1
}

function touch(gfn) {
  if (load(words, MODE) !== 1) throw new Error('a kick')
  while (!accessMemory(gfn)) {
    exitGuest()
    pageFault(gfn)
    enterGuest()
    if (load(words, MODE) !== 1) throw new Error('a kick')
  }
}

for (let round = 0; round < rounds; round += 1) {
  words.fill(0)
  tlbGfns.fill(0)
  cache.length = 0
  words.set([1, BASE_GFN, pages, 0, 0], SLOTS)
  enterGuest()
  const before = cpuNs()
  for (let page = 0; page < pages; page += 1) touch(BASE_GFN + page)
  console.log((cpuNs() - before) / pages)
  exitGuest()
  if (counters[MAPPED] !== pages * (round + 1)) throw new Error(`${counters[MAPPED]} faults mapped`)
}
