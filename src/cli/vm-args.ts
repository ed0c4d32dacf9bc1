/** The flags that choose a VM of a recording, and the unit of its clock. Apart from their declarations, which need yargs and recordings. */
export type VmFlags = {
  readonly vm: number | undefined
  readonly pid: number | undefined
  readonly task: string | undefined
  readonly tickRate: number | undefined
}
