// Asks what-if of every cost, and of some parameters, in every scenario, and says where a figure that decides a question turns back: rises with
// one step of a cost and falls with the next, by more than the noise of the seeds. What is found with a few seeds is asked again with
// others, and more of them.
import { parseArgs } from 'node:util'
import { SCENARIOS } from '../dist/bench/scenarios/all.js'
import { costChange, findingsOf, parameterChange } from '../dist/bench/what-ifs/survey.js'
import { COSTS, PARAMETERS } from '../dist/model/parameters.js'

const { values: flags } = parseArgs({
  options: {
    scenario: { type: 'string', multiple: true },
    cost: { type: 'string', multiple: true },
    variant: { type: 'string', multiple: true },
    seeds: { type: 'string', default: '8' },
    confirm: { type: 'string', default: '32' },
    sigmas: { type: 'string', default: '4' },
    vcpus: { type: 'string', default: '8' },
    scale: { type: 'string', default: '1' },
    all: { type: 'boolean', default: false },
    set: { type: 'string', multiple: true, default: [] },
  },
})

const PAUSES = {
  'pause-us': [10, 20, 40],
  'age-pause-us': [10, 20, 40],
  'convert-pause-us': [50, 100, 200],
  'period-us': [100, 200, 400],
  'update-pause-us': [100, 200, 400],
}
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
    const load = {
      scenario,
      variant,
      machine: 'altra-64',
      vcpus: scenario.crew?.vcpus ?? Number(flags.vcpus),
      notifiers: scenario.crew?.notifiers ?? 1,
      set: Object.fromEntries(flags.set.map((text) => text.split('='))),
      durationMs: scenario.modelled.durationMs * Number(flags.scale),
    }
    const pauses = flags.cost === undefined ? Object.keys(PAUSES).filter((name) => name in scenario.parameters) : []
    const changes = [...asked.map(costChange), ...pauses.map((name) => parameterChange(name, PAUSES[name].map(String)))]
    let figures = 0
    for (const change of changes) {
      const found = await findingsOf(load, change, seedsFrom(1, flags.seeds), Number(flags.sigmas))
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
      const again = await findingsOf(load, change, seedsFrom(1001, flags.confirm), Number(flags.sigmas))
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
