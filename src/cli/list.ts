import { FaultlineError } from '../errors/faultline-error.ts'
import { nearestText } from '../errors/nearest.ts'
import { olderText } from '../errors/older-version.ts'
import { fit } from '../report/fit.ts'
import type { Command } from './command.ts'
import { EXIT } from './io.ts'
import { KINDS, type Kind, type ListArgs } from './list-flags.ts'
import { allText, TEXTS } from './listed/kinds.ts'
import { kernelText, metricText, parameterText, profileText, scenarioText, variantText } from './listed/one.ts'
import type { Profile, Width } from './listed/table.ts'
import type { Listing } from './listing.ts'
import { readListing } from './stored-listing.ts'

export const list: Command<ListArgs> = async ({ json, what }, io) => {
  const listing = readListing()
  const { text, data } = foundIn(listing, what)
  if (json) io.out(JSON.stringify(what === undefined ? listing : data(), null, 1))
  else io.out(fit(text(io.columns), io.columns))
  return EXIT.fine
}

/** The output of `bench --list`. */
export const listText = (): string => allText(readListing())

type Found = { readonly text: (width: Width) => string; readonly data: () => unknown }

/** A kind of thing, or one thing by its name. */
function foundIn(listing: Listing, what = 'scenarios'): Found {
  const kind = KINDS.find((known) => known === what || known === `${what}s`)
  if (kind !== undefined) return { text: (width) => TEXTS[kind](listing, width), data: () => DATA[kind](listing) }
  const named = namedIn(listing)
  const found = named.get(what)
  if (found !== undefined) return found
  throw new FaultlineError('UNKNOWN_LISTING', 'usage', `there is no '${what}' to list`, {
    hint:
      olderText(
        what,
        listing.kernels.map(({ name }) => name),
      ) ?? hintFor(what, [...KINDS, ...named.keys()]),
  })
}

const KINDS_ONLY = `There are: ${KINDS.join(', ')}; or the name of one of these things.`

function hintFor(what: string, names: readonly string[]): string {
  const near = nearestText(what, names)
  return near.startsWith('There are') ? KINDS_ONLY : near
}

/** Everything that can be listed, by name. If a name has several meanings, the first of these kinds takes precedence. */
function namedIn(listing: Listing): ReadonlyMap<string, Found> {
  const named = new Map<string, Found>()
  const add = (name: string, text: Found['text'], data: unknown) => {
    if (!named.has(name)) named.set(name, { text, data: () => data })
  }
  const { scenarios, machines, kernels, metrics } = listing
  for (const one of scenarios) add(one.name, (width) => scenarioText(one, width), one)
  for (const one of machines.filter((machine): machine is Profile => 'cpu' in machine))
    add(one.name, (width) => profileText(one, width), one)
  for (const one of kernels) add(one.name, (width) => kernelText(one, width), one)
  for (const [name, one] of Object.entries(metrics))
    add(name, (width) => metricText(name, listing, width), { name, ...one })
  for (const name of new Set(scenarios.flatMap(({ parameters }) => Object.keys(parameters))))
    add(
      name,
      (width) => parameterText(name, listing, width),
      usesOf(listing, ({ parameters }) => parameters[name]),
    )
  for (const name of new Set(scenarios.flatMap(({ variants }) => variants.map((variant) => variant.name)))) {
    const data = usesOf(listing, ({ variants }) => variants.find((variant) => variant.name === name))
    add(name, (width) => variantText(name, listing, width), data)
  }
  return named
}

const usesOf = ({ scenarios }: Listing, of: (scenario: Listing['scenarios'][number]) => unknown) =>
  Object.fromEntries(scenarios.map((scenario) => [scenario.name, of(scenario)]).filter(([, own]) => own !== undefined))

const DATA: Readonly<Record<Kind, (listing: Listing) => unknown>> = {
  all: (listing) => listing,
  scenarios: ({ scenarios }) => scenarios,
  variants: ({ scenarios }) => Object.fromEntries(scenarios.map(({ name, variants }) => [name, variants])),
  machines: ({ machines }) => machines,
  parameters: ({ scenarios }) => Object.fromEntries(scenarios.map(({ name, parameters }) => [name, parameters])),
  metrics: ({ metrics }) => metrics,
  costs: ({ costs }) => costs,
  kernels: ({ kernels }) => kernels,
}
