// The locks as one would write them for their own sake: bare Atomics in the place where they are used, and waiting without sleep.
const LINE = 32

/** Each lock as a CPU takes it, from word `at` on; methods are called as those of ours. */
export const BY_HAND = {
  tatas: (words, at) => ({
    acquire() {
      while (Atomics.exchange(words, at, 1) !== 0) while (Atomics.load(words, at) !== 0);
    },
    release() {
      Atomics.store(words, at, 0)
    },
  }),
  ticket: (words, next) => ({
    acquire() {
      const ticket = Atomics.add(words, next, 1)
      while (Atomics.load(words, next + LINE) !== ticket);
    },
    release() {
      Atomics.store(words, next + LINE, (Atomics.load(words, next + LINE) + 1) | 0)
    },
  }),
  qspinlock: (words, at, cpu) => queued(words, at, cpu),
  mutex: (words, at) => ({
    acquire() {
      if (Atomics.compareExchange(words, at, 0, 1) === 0) return
      while (Atomics.exchange(words, at, 2) !== 0) Atomics.wait(words, at, 2)
    },
    release() {
      if (Atomics.exchange(words, at, 0) === 2) Atomics.notify(words, at, 1)
    },
  }),
  'qrwlock-read': (words, at, cpu) => {
    const queue = queued(words, at + LINE, cpu)
    return {
      readLock() {
        if ((Atomics.add(words, at, 0x200) & 0x1ff) === 0) return
        Atomics.sub(words, at, 0x200)
        queue.acquire()
        Atomics.add(words, at, 0x200)
        while ((Atomics.load(words, at) & 0xff) !== 0);
        queue.release()
      },
      readUnlock() {
        Atomics.sub(words, at, 0x200)
      },
    }
  },
  'qrwlock-write': (words, at, cpu) => {
    const queue = queued(words, at + LINE, cpu)
    return {
      writeLock() {
        if (Atomics.compareExchange(words, at, 0, 0xff) === 0) return
        queue.acquire()
        if (Atomics.compareExchange(words, at, 0, 0xff) !== 0) {
          Atomics.or(words, at, 0x100)
          do while (Atomics.load(words, at) !== 0x100);
          while (Atomics.compareExchange(words, at, 0x100, 0xff) !== 0x100)
        }
        queue.release()
      },
      writeUnlock() {
        Atomics.sub(words, at, 0xff)
      },
    }
  },
  'seqcount-read': (words, at) => ({
    readBegin() {
      let sequence = Atomics.load(words, at)
      while ((sequence & 1) !== 0) sequence = Atomics.load(words, at)
      return sequence
    },
    readRetry: (_, start) => Atomics.load(words, at) !== start,
    writeBegin() {
      Atomics.store(words, at, (Atomics.load(words, at) + 1) | 0)
    },
    writeEnd() {
      Atomics.store(words, at, (Atomics.load(words, at) + 1) | 0)
    },
  }),
}

/** An MCS queue behind a word that says 0 free, 1 held; the tail in the line after it, a node for each CPU from there on. */
function queued(words, at, cpu) {
  const tail = at + LINE
  const nodeOf = (id) => tail + LINE * (id + 1)
  const mine = nodeOf(cpu)
  const queue = () => {
    Atomics.store(words, mine, 0)
    Atomics.store(words, mine + 1, 0)
    const before = Atomics.exchange(words, tail, cpu + 1)
    if (before !== 0) {
      Atomics.store(words, nodeOf(before - 1) + 1, cpu + 1)
      while (Atomics.load(words, mine) === 0);
    }
    while (Atomics.compareExchange(words, at, 0, 1) !== 0) while (Atomics.load(words, at) !== 0);
    if (Atomics.compareExchange(words, tail, cpu + 1, 0) === cpu + 1) return
    while (Atomics.load(words, mine + 1) === 0);
    Atomics.store(words, nodeOf(Atomics.load(words, mine + 1) - 1), 1)
  }
  return {
    acquire() {
      if (Atomics.load(words, tail) !== 0 || Atomics.compareExchange(words, at, 0, 1) !== 0) queue()
    },
    release() {
      Atomics.store(words, at, 0)
    },
  }
}
