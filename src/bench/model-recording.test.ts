import assert from 'node:assert/strict'
import test from 'node:test'
import { Lines } from '../replay/lines.ts'
import { Recording } from '../replay/recording.ts'
import { workloadOf } from '../replay/workload.ts'
import { modelRecording, SHAPES } from './model-recording.ts'
import { predict } from './prediction.ts'

const RECORDED = { machine: 'recorded-host', hasRecordedCosts: true, fromNs: 0 }

async function replayed(name: string) {
  const { text, memslots, truth } = await modelRecording(SHAPES[name]!, 1, 9)
  const recording = new Recording({ keepStreams: true })
  const lines = new Lines((bytes, start, end) => recording.take(bytes, start, end))
  lines.push(Buffer.from(text))
  lines.end()
  const [slot] = JSON.parse(memslots).memslots
  const known = {
    origin: 'given',
    says: 'as written',
    slots: [{ ...slot, hva: Number(BigInt(slot.hva) / 4096n) }],
  } as const
  const workload = workloadOf(recording, known, { speed: 1, notifiers: 4 })
  return { workload, truth, said: await predict(workload, RECORDED) }
}

/** Everything is known of a machine that wrote its own recording, so what its replay says is right or wrong. */
for (const name of Object.keys(SHAPES)) {
  test(`${name}: a replay gives back the waits of the machine that wrote the recording`, async () => {
    const { workload, truth, said } = await replayed(name)
    const factor = (ours: number, theirs: number) => ours / theirs
    const share = factor(said.waits / said.faults, truth.waits / truth.faults)
    const total = factor(said.totalNs, truth.totalNs)
    assert.ok(truth.waits > 500, 'there is something to give back')
    // Of three seeds 0.89 to 1.11, ten of twelve within 10 %; all waits 0.95 to 1.05.
    assert.ok(share > 0.87 && share < 1.13, `waits per fault: ${share}`)
    assert.ok(total > 0.93 && total < 1.09, `all waits: ${total}`)
    assert.ok(factor(said.faults, truth.faults) > 0.98, 'every fault is played')
    // A fault that is under way when the run ends has set its SPTE, and is not counted.
    assert.ok(Math.abs(workload.plays.faults - truth.faults) <= 4)
    // 1,100 ns are charged for it, which is in no file.
    const { map_spte, zap_spte } = workload.costs
    assert.ok(map_spte! > 1000 && map_spte! < 1200, `map_spte: ${map_spte}`)
    // And 60 ns for each leaf that goes, which only invalidations of many pages show.
    if (name === 'mixture') assert.ok(zap_spte! > 54 && zap_spte! < 66, `zap_spte: ${zap_spte}`)
  })
}
