import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Crew } from '../threads/crew.contract.ts'
import type { Cpu, Word } from './cpu.ts'
import { compiledContract } from './locks/compiled.contract.ts'
import { Place } from './place.ts'
import { SeqCount } from './seqcount.ts'
import type { Steps } from './steps.ts'
import { Stage } from './testing.contract.ts'

function onStage() {
  const place = new Place()
  const seqcount = new SeqCount(place)
  const { left, right } = place.together(['left', 'right'])
  const stage = new Stage(place, [
    (cpu) => writes(cpu, seqcount, left, right),
    (cpu) => reads(cpu, seqcount, left, right),
  ])
  return { stage, sequence: () => stage.valueOf(seqcount.sequence) }
}

function* writes(cpu: Cpu, seqcount: SeqCount, left: Word, right: Word): Steps<void> {
  yield* seqcount.writeBegin(cpu)
  yield* cpu.write(left, 1)
  yield* cpu.write(right, 1)
  yield* seqcount.writeEnd(cpu)
}

/** What it read, and whether it must read again. */
function* reads(cpu: Cpu, seqcount: SeqCount, left: Word, right: Word): Steps<string> {
  const start = yield* seqcount.readBegin(cpu)
  const a = yield* cpu.read(left)
  const b = yield* cpu.read(right)
  const retry = yield* seqcount.readRetry(cpu, start)
  return `${a}${b} ${retry ? 'void' : 'valid'}`
}

compiledContract('seqcount', ['sequence'])

test('a reader alone reads once', () => {
  const { stage } = onStage()
  assert.equal(stage.run(1).resultOf(1), '00 valid')
})

test('the sequence is odd while the writer is at work', () => {
  const { stage, sequence } = onStage()
  stage.play('00')
  assert.equal(sequence(), 1)
  stage.run(0)
  assert.equal(sequence(), 2)
})

test('a reader waits until the writer is done', () => {
  const { stage } = onStage()
  stage.play('00').run(1)
  assert.equal(stage.stateOf(1), 'waits at untilClear sequence')
  stage.run(0)
  assert.equal(stage.run(1).resultOf(1), '11 valid')
})

test('what was read while a writer came by is void', () => {
  const { stage } = onStage()
  stage.play('11').run(0).run(1)
  assert.equal(stage.resultOf(1), '01 void')
})

test('what was read while a writer is still at work is void', () => {
  const { stage } = onStage()
  stage.play('1').play('0000').run(1)
  assert.equal(stage.resultOf(1), '10 void')
})

test('in no interleaving of one reader and one writer are torn values taken for valid', () => {
  const seen = new Map<string, number>()
  for (const schedule of interleavings(8, 5)) {
    const { stage } = onStage()
    for (const digit of schedule) if (!stage.stateOf(Number(digit)).startsWith('waits')) stage.play(digit)
    stage.finish()
    const result = stage.resultOf(1) as string
    seen.set(result, (seen.get(result) ?? 0) + 1)
  }
  assert.deepEqual([...seen.keys()].sort(), ['00 valid', '00 void', '01 void', '10 void', '11 valid', '11 void'])
})

test('the sequence wraps at 2^32', () => {
  const place = new Place()
  const seqcount = new SeqCount(place)
  const memory = new Int32Array(place.words)
  memory[seqcount.sequence] = -2
  const stage = new Stage(
    place,
    [
      function* (cpu) {
        yield* seqcount.writeBegin(cpu)
        yield* seqcount.writeEnd(cpu)
      },
      (cpu) => seqcount.readBegin(cpu),
      (cpu) => seqcount.readRetry(cpu, -2),
    ],
    memory,
  )
  stage.run(0)
  assert.equal(stage.valueOf(seqcount.sequence), 0)
  assert.equal(stage.run(1).resultOf(1), 0)
  assert.equal(stage.run(2).resultOf(2), true)
})

for (const cpus of [2, 4]) {
  test(`${cpus - 1} readers never take torn values for valid while a worker writes all the time`, async () => {
    await using crew = await Crew.of({ kind: 'seqcount' }, cpus)
    await crew.drill('sequence', 1000)
    assert.equal(crew.valueOf(crew.left), crew.members[0]!.writes)
    assert.equal(crew.valueOf(crew.right), crew.members[0]!.writes)
    assert.deepEqual(
      crew.members.map(({ torn }) => torn),
      crew.members.map(() => 0),
    )
  })
}

/** All schedules with so many zeros and so many ones. */
function* interleavings(zeros: number, ones: number): Generator<string> {
  if (zeros === 0 || ones === 0) {
    yield '0'.repeat(zeros) + '1'.repeat(ones)
    return
  }
  for (const rest of interleavings(zeros - 1, ones)) yield `0${rest}`
  for (const rest of interleavings(zeros, ones - 1)) yield `1${rest}`
}
