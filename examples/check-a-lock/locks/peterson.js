// Peterson's lock for two (1981): I want to go in, and let you go first.

/** `rounds`: how often each goes in. `isPolite: false` forgets to let the other go first. */
const peterson = (rounds, isPolite) => ({
  setup: (place) => ({
    wants: [place.line('wants0'), place.line('wants1')],
    turn: place.line('turn'),
    inside: place.line('inside'),
  }),
  actors: {
    left: (cpu, lock) => visit(cpu, lock, 0, rounds, isPolite),
    right: (cpu, lock) => visit(cpu, lock, 1, rounds, isPolite),
  },
})

function* visit(cpu, { wants, turn, inside }, me, rounds, isPolite) {
  for (let round = 0; round < rounds; round += 1) {
    yield* cpu.store(wants[me], 1)
    if (isPolite) yield* cpu.store(turn, 1 - me)
    for (;;) {
      const wanted = yield* cpu.load(wants[1 - me])
      if (wanted === 0) break
      const favoured = yield* cpu.load(turn)
      if (favoured === me) break
      yield* cpu.pause()
    }
    const others = yield* cpu.add(inside, 1)
    if (others !== 0) cpu.violation(0, others)
    yield* cpu.sub(inside, 1)
    yield* cpu.store(wants[me], 0)
  }
}

export const right = peterson(2, true)
export const wrong = peterson(2, false)
/** Three rounds each: what is proved without knowing what an actor keeps to itself takes three million states. */
export const rounds3 = peterson(3, true)
