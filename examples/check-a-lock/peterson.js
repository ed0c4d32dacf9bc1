// Peterson's lock for two, and a version of it that is wrong: which interleaving shows it?
// node examples/check-a-lock/peterson.js
import { explore } from 'faultline/checker'

/** `polite: false` forgets to let the other go first. */
const peterson = (polite) => ({
  setup: (place) => ({
    wants: [place.line('wants0'), place.line('wants1')],
    turn: place.line('turn'),
    inside: place.line('inside'),
  }),
  actors: {
    left: (cpu, lock) => visit(cpu, lock, 0, polite),
    right: (cpu, lock) => visit(cpu, lock, 1, polite),
  },
})

function* visit(cpu, { wants, turn, inside }, me, polite) {
  const other = 1 - me
  yield* cpu.store(wants[me], 1)
  if (polite) yield* cpu.store(turn, other)
  for (;;) {
    const wanted = yield* cpu.load(wants[other])
    if (wanted === 0) break
    const favoured = yield* cpu.load(turn)
    if (favoured === me) break
    yield* cpu.pause()
  }

  const alone = yield* cpu.add(inside, 1)
  if (alone !== 0) cpu.violation(0, alone)
  yield* cpu.sub(inside, 1)
  yield* cpu.store(wants[me], 0)
}

for (const polite of [true, false]) {
  const { verdict, findings, witness, counts } = explore(peterson(polite))
  console.log(`${polite ? 'Peterson' : 'impolite'}: ${verdict}, ${counts.states} states`)
  for (const { name, says } of findings) console.log(`${name}: ${says}`)
  if (witness !== null) console.log(witness)
}
