// Asks what-if of every cost, and of some parameters, in every scenario, and says where a figure that decides a question turns back: rises with
// one step of a cost and falls with the next, by more than the noise of the seeds. What is found with a few seeds is asked again with
// others, and more of them.
import { parseArgs } from 'node:util'
import { SCENARIOS } from '../dist/bench/scenarios/all.js'
import { loadOf } from '../dist/bench/what-ifs/loads.js'
import { costChange, findingsOf, pauseOf } from '../dist/bench/what-ifs/survey.js'
import { COSTS, PARAMETERS } from '../dist/model/parameters.js'

const { values: flags } = parseArgs({
  options: {
    scenario: { type: 'string', multiple: true },
    cost: { type: 'string', multiple: true },
    variant: { type: 'string', multiple: true },
    seeds: { type: 'string', default: '8' },
    confirm: { type: 'string', default: '32' },
    figure: { type: 'string', multiple: true },
    vcpus: { type: 'string', default: '8' },
    scale: { type: 'string', default: '1' },
    all: { type: 'boolean', default: false },
    set: { type: 'string', multiple: true, default: [] },
  },
})

const seedsFrom = (first, count) => Array.from({ length: Number(count) }, (_, at) => first + at)
const percent = (share) => `${(share * 100).toFixed(2)} %`
const stepText = ({ mean, error }) => `${percent(mean)} +- ${percent(error)}`

const costs = Object.keys({ ...PARAMETERS, ...COSTS }).filter(
  (name) => ({ ...PARAMETERS, ...COSTS })[name].unit === 'ns',
)
const asked = flags.cost ?? costs

for (const scenario of SCENARIOS) {
  if (scenario.kind !== 'vm' || scenario.modelled === undefined || scenario.notModelled !== undefined) continue
  if (flags.scenario !== undefined && !flags.scenario.includes(scenario.name)) continue
  for (const variant of flags.variant ?? scenario.headline) {
    const usual = loadOf(scenario, variant, Number(flags.vcpus))
    const set = Object.fromEntries(flags.set.map((text) => text.split('=')))
    const load = { ...usual, set, durationMs: usual.durationMs * Number(flags.scale) }
    const changes = [...asked.map(costChange), ...(flags.cost === undefined ? pauseOf(scenario) : [])]
    let figures = 0
    for (const change of changes) {
      const found = await findingsOf(load, change, seedsFrom(1, flags.seeds), flags.figure)
      figures += found.length
      for (const { figure, steps, turns, gains } of found) {
        if (!turns && !gains && !flags.all) continue
        console.log(
          [
            turns ? 'TURNS' : gains ? 'gains' : 'goes',
            scenario.name,
            variant,
            change.name,
            figure,
            ...steps.map(stepText),
          ].join('  '),
        )
      }
      if (Number(flags.confirm) === 0 || !found.some(({ turns }) => turns)) continue
      const again = await findingsOf(load, change, seedsFrom(1001, flags.confirm), flags.figure)
      for (const { figure, steps, turns } of again.filter(({ figure }) =>
        found.some((one) => one.turns && one.figure === figure),
      ))
        console.log(['  again:', turns ? 'TURNS' : 'no turn', figure, ...steps.map(stepText)].join('  '))
    }
    console.log(
      `${scenario.name} ${variant}: ${figures} figures of ${changes.length} what-ifs, ${(process.cpuUsage().user / 1e6).toFixed(0)} s of processor time so far`,
    )
  }
}
