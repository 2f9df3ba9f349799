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

/** What a snippet is about. The group begins with the first record, so that it reads what was written before it came. */
export interface SnippetPlace {
  readonly address: string
  readonly topic: string
}
const GROUP = 'my-group'

const TEXTS: Readonly<Record<Client, (place: SnippetPlace, remarks: SnippetRemarks) => string>> = {
  kcat: ({ address, topic }, remarks) => `# ${remarks.list}
kcat -b ${address} -L

# ${remarks.write}
printf ‹'a:1\nb:2\na:3\n'› |
  kcat -b ${address} -t ${topic} -P -K: -X acks=all

# ${remarks.read}
kcat -b ${address} -X auto.offset.reset=earliest -G ${GROUP} ${topic}`,

  java: ({ address, topic }, remarks) => `import java.time.Duration;
import java.util.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.serialization.*;

var settings = new Properties();
settings.put(‹"bootstrap.servers"›, ‹"${address}"›);
settings.put(‹"acks"›, ‹"all"›);
settings.put(‹"group.id"›, ‹"${GROUP}"›);
settings.put(‹"auto.offset.reset"›, ‹"earliest"›);

// ${remarks.write}
try (var producer = new KafkaProducer<>(
    settings, new StringSerializer(), new StringSerializer())) {
  for (var key : List.of(‹"a"›, ‹"b"›, ‹"a"›)) {
    producer.send(new ProducerRecord<>(‹"${topic}"›, key, ‹"1"›)).get();
  }
}

// ${remarks.read}
try (var consumer = new KafkaConsumer<>(
    settings, new StringDeserializer(), new StringDeserializer())) {
  consumer.subscribe(List.of(‹"${topic}"›));
  while (true) {
    for (var record : consumer.poll(Duration.ofSeconds(1))) {
      System.out.println(record.partition() + ‹" "› + record.offset() + ‹" "› + record.value());
    }
  }
}`,

  python: ({ address, topic }, remarks) => `# pip install confluent-kafka
from confluent_kafka import Consumer, Producer

servers = {‹"bootstrap.servers"›: ‹"${address}"›}

# ${remarks.write}
producer = Producer({**servers, ‹"acks"›: ‹"all"›})
for key in ‹"aba"›:
    producer.produce(‹"${topic}"›, key=key, value=‹"1"›)
producer.flush()

# ${remarks.read}
consumer = Consumer({**servers, ‹"group.id"›: ‹"${GROUP}"›, ‹"auto.offset.reset"›: ‹"earliest"›})
consumer.subscribe([‹"${topic}"›])
while True:
    record = consumer.poll(1)
    if record is not None:
        print(record.error() or (record.partition(), record.offset(), record.value()))`,

  node: ({ address, topic }, remarks) => `// npm install kafkajs
import { Kafka } from ‹'kafkajs'›

const kafka = new Kafka({ brokers: [${address
    .split(',')
    .map((one) => `‹'${one}'›`)
    .join(', ')}] })

// ${remarks.write}
const producer = kafka.producer()
await producer.connect()
await producer.send({
  topic: ‹'${topic}'›,
  messages: [{ key: ‹'a'›, value: ‹'1'› }, { key: ‹'b'›, value: ‹'2'› }, { key: ‹'a'›, value: ‹'3'› }]
})
await producer.disconnect()

// ${remarks.read}
const consumer = kafka.consumer({ groupId: ‹'${GROUP}'› })
await consumer.connect()
await consumer.subscribe({ topic: ‹'${topic}'›, fromBeginning: true })
await consumer.run({
  eachMessage: async ({ partition, message }) => console.log(partition, message.offset, String(message.value))
})`
}

export function snippetParts(client: Client, place: SnippetPlace, remarks: SnippetRemarks): CodePart[] {
  return TEXTS[client](place, remarks)
    .split(/^((?:#|\/\/).*)$|(‹[^›]*›)/m)
    .filter((text): text is string => text !== undefined && text !== '')
    .map((text) =>
      text.startsWith('‹')
        ? { kind: 'string', text: text.slice(1, -1) }
        : { kind: /^(#|\/\/)/.test(text) ? 'remark' : 'code', text }
    )
}

export const snippetText = (parts: readonly CodePart[]): string => parts.map((part) => part.text).join('')
