// Writes recordings of a modelled machine, as ftrace prints them, with their memslots and what the machine counted: for a method
// that is to be tried where no host is at hand.
//
//   node scripts/model-recordings.js FOLDER [SEED]
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { modelRecording, SHAPES } from '../dist/bench/model-recording.js'

const [folder, seed = '1'] = process.argv.slice(2)
if (folder === undefined) {
  console.error('Give the folder that the recordings go to.')
  process.exit(2)
}
mkdirSync(folder, { recursive: true })
for (const [name, shape] of Object.entries(SHAPES)) {
  const { text, memslots, truth } = await modelRecording(shape, Number(seed))
  const path = join(folder, name.replaceAll(' ', '-'))
  writeFileSync(`${path}.trace`, text)
  writeFileSync(`${path}.json`, `${memslots}\n`)
  const { faults, waits, totalNs, otherWaits } = truth
  console.log(
    `${path}.trace: ${faults} faults, ${waits} waits of vCPUs, ${Math.round(totalNs / 1000)} us in all, ${otherWaits} of others`,
  )
}
