import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Java's producer (idempotent, acks=all), consumer (in a group) and admin client in a chaos run; what they tell is in
 * client-lines.ts. At "quiet" on stdin the producer ends, at "stop" or its end all do. Arguments: BOOTSTRAP TOPIC PREFIX GROUP PARTITIONS RATE.
 */
public class ChaosClient {
    private static volatile boolean isQuiet;
    private static volatile boolean isOver;
    private static String bootstrap;
    private static String topic;
    private static int partitions;

    public static void main(String[] args) throws Exception {
        bootstrap = args[0];
        topic = args[1];
        partitions = Integer.parseInt(args[4]);
        String prefix = args[2];
        List<Thread> threads = List.of(
            started(prefix + "-idem", name -> produce(name, Double.parseDouble(args[5]))),
            started(prefix + "-member", name -> consume(name, args[3])),
            started(prefix + "-look", ChaosClient::look));
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null && !line.equals("stop"); line = lines.readLine()) {
            isQuiet |= line.equals("quiet");
        }
        isQuiet = true;
        isOver = true;
        for (Thread thread : threads) thread.join();
        System.exit(0);
    }

    private interface Work {
        void run(String name) throws Exception;
    }

    private static Thread started(String name, Work work) {
        Thread thread = new Thread(() -> {
            try {
                work.run(name);
            } catch (Exception error) {
                tell(name, "!", "it ended: " + error);
            }
        });
        thread.start();
        return thread;
    }

    private static double now() {
        return System.nanoTime() / 1e6;
    }

    private static synchronized void tell(String name, Object... words) {
        StringBuilder line = new StringBuilder(name);
        for (Object word : words) line.append(' ').append(String.valueOf(word).replace('\n', ' '));
        System.out.println(line);
    }

    private static void produce(String name, double rate) throws Exception {
        Map<String, Object> settings = Map.of(
            "bootstrap.servers", bootstrap, "enable.idempotence", true, "acks", "all", "linger.ms", 2,
            "request.timeout.ms", 5000, "delivery.timeout.ms", Integer.MAX_VALUE, "max.block.ms", Integer.MAX_VALUE,
            "metadata.max.age.ms", 2000, "retry.backoff.ms", 50);
        Random chance = new Random(1);
        AtomicInteger failed = new AtomicInteger();
        int number = 0;
        KafkaProducer<String, String> producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
        int[] bursts = {1, 2, 5, 20, 60};
        while (!isQuiet) {
            int partition = chance.nextInt(partitions);
            int burst = bursts[chance.nextInt(bursts.length)];
            for (int i = 0; i < burst; i++) {
                int own = ++number;
                tell(name, "s", now(), partition, own);
                producer.send(new ProducerRecord<>(topic, partition, null, name + ":" + own), (meta, error) -> {
                    if (error == null) {
                        tell(name, "a", now(), partition, own, meta.hasOffset() ? meta.offset() : -1);
                    } else {
                        failed.incrementAndGet();
                        tell(name, "!", "not delivered: " + error);
                    }
                });
            }
            Thread.sleep((long) (burst * 1000 / rate));
        }
        producer.close(Duration.ofSeconds(90));
        tell(name, "d", number, 0, failed.get());
    }

    private static void consume(String name, String group) {
        Map<String, Object> settings = Map.of(
            "bootstrap.servers", bootstrap, "group.id", group, "auto.offset.reset", "none", "enable.auto.commit", false,
            "session.timeout.ms", 6000, "heartbeat.interval.ms", 1000, "fetch.max.wait.ms", 100, "request.timeout.ms", 6000,
            "default.api.timeout.ms", 120000, "metadata.max.age.ms", 2000);
        Map<TopicPartition, OffsetAndMetadata> following = new HashMap<>();
        KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
        consumer.subscribe(List.of(topic), new ConsumerRebalanceListener() {
            @Override
            public void onPartitionsRevoked(Collection<TopicPartition> revoked) {
                commit(name, consumer, following);
                following.clear();
            }

            @Override
            public void onPartitionsLost(Collection<TopicPartition> lost) {
                following.clear();
            }

            @Override
            public void onPartitionsAssigned(Collection<TopicPartition> assigned) {
                following.clear();
                double began = now();
                Map<TopicPartition, OffsetAndMetadata> committed = consumer.committed(Map.copyOf(
                    assigned.stream().collect(Collectors.toMap(one -> one, one -> one))).keySet());
                double ended = now();
                for (TopicPartition one : assigned) {
                    OffsetAndMetadata known = committed.get(one);
                    tell(name, "o", began, ended, one.partition(), known == null ? -1 : known.offset());
                    long offset = known == null ? 0 : known.offset();
                    tell(name, "k", ended, one.partition(), offset);
                    consumer.seek(one, offset);
                }
            }
        });
        double commitAt = now();
        while (!isOver) {
            try {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100))) {
                    tell(name, "r", now(), record.partition(), record.offset(), record.value().split(" ", 2)[0]);
                    following.put(new TopicPartition(topic, record.partition()), new OffsetAndMetadata(record.offset() + 1));
                }
                if (now() >= commitAt) {
                    commit(name, consumer, following);
                    commitAt = now() + 300;
                }
            } catch (OffsetOutOfRangeException error) {
                tell(name, "!", "its place is out of range: " + error.getMessage());
                return;
            } catch (KafkaException error) {
                tell(name, "~", error);
            }
        }
        try {
            consumer.close(Duration.ofSeconds(5));
        } catch (KafkaException error) {
            tell(name, "~", "not left: " + error);
        }
    }

    private static void commit(String name, KafkaConsumer<String, String> consumer, Map<TopicPartition, OffsetAndMetadata> following) {
        if (following.isEmpty()) return;
        Map<TopicPartition, OffsetAndMetadata> asked = Map.copyOf(following);
        double began = now();
        try {
            consumer.commitSync(asked, Duration.ofSeconds(5));
        } catch (KafkaException error) {
            tell(name, "~", "not committed: " + error);
            return;
        }
        asked.forEach((one, meta) -> tell(name, "c", began, now(), one.partition(), meta.offset()));
        following.keySet().removeIf(one -> asked.get(one) != null && asked.get(one).equals(following.get(one)));
    }

    private static void look(String name) throws Exception {
        Map<TopicPartition, OffsetSpec> asked = IntStream.range(0, partitions).boxed()
            .collect(Collectors.toMap(p -> new TopicPartition(topic, p), p -> OffsetSpec.latest()));
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap, "request.timeout.ms", 5000, "default.api.timeout.ms", 10000))) {
            while (!isOver) {
                try {
                    Map<TopicPartition, KafkaFuture<ListOffsetsResultInfo>> told = new HashMap<>();
                    var result = admin.listOffsets(asked);
                    for (TopicPartition one : asked.keySet()) told.put(one, result.partitionResult(one));
                    for (var one : told.entrySet()) {
                        long end = one.getValue().get().offset();
                        tell(name, "e", now(), one.getKey().partition(), end);
                    }
                } catch (java.util.concurrent.ExecutionException error) {
                    tell(name, "~", "no end: " + error.getCause());
                }
                Thread.sleep(150);
            }
        }
    }
}
