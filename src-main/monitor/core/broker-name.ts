/** The broker.id in a broker's name (broker-2); -1, which no broker has, when there is none in it. */
export const brokerIdOf = (name: string): number => Number(/\d+$/.exec(name)?.[0] ?? -1)
