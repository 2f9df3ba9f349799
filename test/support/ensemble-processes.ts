/** Several members of one ensemble, each a real process, that are killed and started again. */
import { join } from 'node:path'
import { EnsembleProcess, freePort, temporaryFolder, type MemberSettings } from './ensemble-process'

export class EnsembleProcesses {
  readonly ensembleId = `test-${process.pid}-${Date.now()}`
  readonly ports: readonly number[]
  readonly peerPorts: readonly number[]
  readonly #folder = temporaryFolder()
  readonly #settings: Partial<MemberSettings>
  readonly #members: (EnsembleProcess | undefined)[]
  #isFounding = true

  private constructor(ports: readonly number[], peerPorts: readonly number[], settings: Partial<MemberSettings>) {
    this.ports = ports
    this.peerPorts = peerPorts
    this.#settings = settings
    this.#members = ports.map(() => undefined)
  }

  /** Resolves when every member's port answers. */
  static async start(count: number, settings: Partial<MemberSettings> = {}): Promise<EnsembleProcesses> {
    const ports: number[] = []
    for (let index = 0; index < 2 * count; index++) ports.push(await freePort())
    const ensemble = new EnsembleProcesses(ports.slice(0, count), ports.slice(count), settings)
    await Promise.all(ensemble.ports.map((_, index) => ensemble.startMember(index + 1)))
    ensemble.#isFounding = false
    return ensemble
  }

  member(id: number): EnsembleProcess {
    const member = this.#members[id - 1]
    if (member === undefined) throw new Error(`member ${id} does not run`)
    return member
  }

  async startMember(id: number): Promise<void> {
    this.#members[id - 1] = await EnsembleProcess.start(this.#settingsOf(id))
  }

  /** Begins a process of it, and does not wait until it serves. */
  spawnMember(id: number): void {
    this.#members[id - 1] = EnsembleProcess.spawn(this.#settingsOf(id))
  }

  #settingsOf(id: number): MemberSettings {
    const at = (ports: readonly number[]): number => ports[id - 1] ?? 0
    const others = this.peerPorts.flatMap((port, index) => (index === id - 1 ? [] : [{ memberId: index + 1, port }]))
    return {
      ...this.#settings,
      memberId: id,
      dataDir: join(this.#folder.path, `member-${id}`),
      port: at(this.ports),
      peers: { ensembleId: this.ensembleId, port: at(this.peerPorts), isFounding: this.#isFounding, others }
    }
  }

  /** SIGKILL to all of them in one turn; resolves when they are gone. */
  async kill(ids: readonly number[]): Promise<void> {
    await Promise.all(ids.map((id) => this.member(id).kill()))
  }

  /** Stops what runs and removes its folders; the exit codes. */
  async discard(): Promise<readonly (number | null)[]> {
    const exits = await Promise.all(this.#members.flatMap((member) => member?.stop() ?? []))
    this.#folder.remove()
    return exits.map(({ code }) => code)
  }
}
