/** Code that connects a client, with the real address. A part between ‹ › is a string; a whole line may be a remark. */

export const CLIENTS = ['kcat', 'java', 'python', 'node'] as const
export type Client = (typeof CLIENTS)[number]

export interface SnippetRemarks {
  readonly list: string
  readonly write: string
  readonly read: string
}

export interface CodePart {
  readonly kind: 'code' | 'string' | 'remark'
  readonly text: string
}

const TEXTS: Readonly<Record<Client, (address: string, remarks: SnippetRemarks) => string>> = {
  kcat: (address, remarks) => `# ${remarks.list}
kcat -b ${address} -L

# ${remarks.write}
printf ‹'a:1\\nb:2\\na:3\\n'› |
  kcat -b ${address} -t demo -P -K: -X acks=all

# ${remarks.read}
kcat -b ${address} -G my-group demo`,

  java: (address) => `var settings = new Properties();
settings.put(‹"bootstrap.servers"›, ‹"${address}"›);
settings.put(‹"acks"›, ‹"all"›);

try (var producer = new KafkaProducer<>(
    settings, new StringSerializer(), new StringSerializer())) {
  var written = producer.send(new ProducerRecord<>(‹"demo"›, ‹"a"›, ‹"1"›)).get();
  System.out.println(written.partition() + ‹" "› + written.offset());
}`,

  python: (address) => `# pip install confluent-kafka
from confluent_kafka import Producer

producer = Producer({
    ‹"bootstrap.servers"›: ‹"${address}"›,
    ‹"acks"›: ‹"all"›,
})
producer.produce(‹"demo"›, key=‹"a"›, value=‹"1"›,
                 on_delivery=lambda error, record: print(error or record.offset()))
producer.flush()`,

  node: (address) => `// npm install kafkajs
import { Kafka } from ‹'kafkajs'›

const brokers = [${address
    .split(',')
    .map((one) => `‹'${one}'›`)
    .join(', ')}]
const producer = new Kafka({ brokers }).producer()
await producer.connect()
const [written] = await producer.send({
  topic: ‹'demo'›,
  messages: [{ key: ‹'a'›, value: ‹'1'› }]
})
console.log(written.partition, written.baseOffset)
await producer.disconnect()`
}

export function snippetParts(client: Client, address: string, remarks: SnippetRemarks): CodePart[] {
  return TEXTS[client](address, remarks)
    .split(/^((?:#|\/\/).*)$|(‹[^›]*›)/m)
    .filter((text): text is string => text !== undefined && text !== '')
    .map((text) =>
      text.startsWith('‹')
        ? { kind: 'string', text: text.slice(1, -1) }
        : { kind: /^(#|\/\/)/.test(text) ? 'remark' : 'code', text }
    )
}

export const snippetText = (parts: readonly CodePart[]): string => parts.map((part) => part.text).join('')
