import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import test from 'node:test'
import { fileURLToPath } from 'node:url'
import { SCENARIOS } from '../bench/scenarios/all.ts'
import { ReplayError } from '../errors/faultline-error.ts'
import { chooseMemslots } from '../replay/infer-memslots.ts'
import { readVms } from '../replay/read-recording.ts'
import { summarise } from '../replay/summary.ts'
import { workloadOf } from '../replay/workload.ts'

const folder = (name: string) => fileURLToPath(new URL(`../../testdata/${name}/`, import.meta.url))
const FILES = ['variants', 'recordings'].flatMap((name) =>
  readdirSync(folder(name))
    .filter((file) => file.endsWith('.gz'))
    .map((file) => `${folder(name)}${file}`),
)

/** The recordings of a file with their verdicts; none if it is refused. */
async function readFile(file: string) {
  const options = { keepStreams: true, stdin: () => assert.fail('stdin is not read') }
  const found = await readVms(file, options).catch((reason: unknown) => {
    assert.ok(reason instanceof ReplayError)
    return []
  })
  return found.map(({ recording, vm }) => {
    const known = chooseMemslots(recording, undefined)
    return { recording, known, command: summarise(recording, known, file, vm).verdict.command }
  })
}

test('the command that a verdict gives names a scenario with these variants, which takes the recording if it is given one', async () => {
  let commands = 0
  for (const file of FILES) {
    for (const { recording, known, command } of await readFile(file)) {
      if (command === null) continue
      commands += 1
      const words = command.split(' ')
      const scenario = SCENARIOS.find(({ name }) => name === words[words.indexOf('-s') + 1])
      assert.ok(scenario !== undefined, command)
      const variants = words.filter((_, at) => words[at - 1] === '--variant')
      assert.equal(variants.length, 2)
      for (const variant of variants)
        assert.ok(
          scenario.variants.some(({ name }) => name === variant),
          command,
        )
      if (!words.includes('--trace')) continue
      assert.equal(scenario.refuses?.includes('trace') ?? false, false, command)
      assert.ok(workloadOf(recording, known, { speed: 1, notifiers: 4 }).faults > 0, command)
    }
  }
  assert.ok(commands > 40, `${commands}`)
})
