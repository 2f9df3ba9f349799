import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.*;

/**
 * Java's own clients: an idempotent producer, three consumers in a group, one leaves, commit, resume. Prints one line a
 * finding; ends with a stack trace when something is not as it should be.
 */
public final class GroupClient {
    private static final int PARTITIONS = 6;
    private static final int RECORDS = 600;

    private final String bootstrap;
    private final String topic;

    private GroupClient(String bootstrap, String topic) {
        this.bootstrap = bootstrap;
        this.topic = topic;
    }

    public static void main(String[] arguments) throws Exception {
        new GroupClient(arguments[0], arguments[1]).run();
    }

    private void run() throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            admin.createTopics(List.of(new NewTopic(topic, PARTITIONS, (short) 1))).all().get(30, TimeUnit.SECONDS);
            System.out.println("created " + admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().size());
        }
        for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd")) produce(codec);

        List<Member> members = new ArrayList<>();
        for (int i = 0; i < 3; i++) members.add(new Member("java-group", i));
        await("three share", () -> shares(members, 2));
        await("all read", () -> members.stream().mapToInt(m -> m.read.size()).sum() >= RECORDS * 5);
        members.remove(0).leave();
        await("two share", () -> shares(members, 3));
        for (Member member : members) member.leave();
        System.out.println("shared");

        produce("none");
        Member later = new Member("java-group", 9);
        await("only the new ones", () -> later.read.size() >= RECORDS);
        later.leave();
        System.out.println("resumed " + later.read.size());

        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            long committed = admin.listConsumerGroupOffsets("java-group").partitionsToOffsetAndMetadata().get().values().stream()
                .mapToLong(OffsetAndMetadata::offset).sum();
            System.out.println("committed " + committed);
            System.out.println("state " + admin.describeConsumerGroups(List.of("java-group")).all().get().get("java-group").state());
            System.out.println("controller " + (admin.describeCluster().controller().get().id() > 0));
            System.out.println("configs " + (admin.describeConfigs(List.of(new org.apache.kafka.common.config.ConfigResource(
                org.apache.kafka.common.config.ConfigResource.Type.TOPIC, topic))).all().get().values().iterator().next().entries().size() > 5));
            System.out.println("dirs " + admin.describeLogDirs(List.of(1, 2, 3)).allDescriptions().get().size());
            admin.deleteConsumerGroups(List.of("java-group")).all().get();
            admin.deleteTopics(List.of(topic)).all().get();
            System.out.println("deleted " + !admin.listTopics().names().get().contains(topic));
        }
    }

    private void produce(String codec) throws Exception {
        Map<String, Object> settings = Map.of(
            "bootstrap.servers", bootstrap, "enable.idempotence", true, "acks", "all", "compression.type", codec, "linger.ms", 10);
        Set<String> places = ConcurrentHashMap.newKeySet();
        AtomicReference<Exception> failure = new AtomicReference<>();
        try (Producer<String, String> producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            for (int i = 0; i < RECORDS; i++) {
                producer.send(new ProducerRecord<>(topic, "key-" + i, codec + "-" + i), (meta, error) -> {
                    if (error != null) failure.set(error);
                    else places.add(meta.partition() + "@" + meta.offset());
                });
            }
        }
        if (failure.get() != null) throw failure.get();
        if (places.size() != RECORDS) throw new IllegalStateException(places.size() + " places for " + RECORDS + " records");
        System.out.println("produced " + codec);
    }

    private boolean shares(List<Member> members, int each) {
        Set<Integer> all = new HashSet<>();
        for (Member member : members) {
            if (member.assigned.size() != each) return false;
            all.addAll(member.assigned);
        }
        return all.size() == PARTITIONS;
    }

    private static void await(String what, Callable<Boolean> isSo) throws Exception {
        long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!isSo.call()) {
            if (System.nanoTime() > end) throw new IllegalStateException("not in time: " + what);
            Thread.sleep(20);
        }
    }

    private final class Member {
        final Set<String> read = ConcurrentHashMap.newKeySet();
        volatile Set<Integer> assigned = Set.of();
        private final AtomicBoolean isLeaving = new AtomicBoolean();
        private final Thread thread;
        private volatile Exception failure;

        Member(String group, int number) {
            thread = new Thread(() -> consume(group), "member-" + number);
            thread.start();
        }

        private void consume(String group) {
            Map<String, Object> settings = Map.of(
                "bootstrap.servers", bootstrap, "group.id", group, "auto.offset.reset", "earliest", "enable.auto.commit", false,
                "session.timeout.ms", 10000, "heartbeat.interval.ms", 300);
            try (Consumer<String, String> consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
                consumer.subscribe(List.of(topic), new ConsumerRebalanceListener() {
                    @Override
                    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
                        consumer.commitSync();
                        assigned = Set.of();
                    }

                    @Override
                    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
                        Set<Integer> own = new HashSet<>();
                        for (TopicPartition partition : consumer.assignment()) own.add(partition.partition());
                        assigned = own;
                    }
                });
                while (!isLeaving.get()) {
                    for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100))) {
                        if (!read.add(record.partition() + "@" + record.offset())) throw new IllegalStateException("read twice");
                        if (!record.key().substring(4).equals(record.value().split("-")[1])) throw new IllegalStateException("other bytes");
                    }
                    if (!assigned.isEmpty()) commit(consumer);
                }
                commit(consumer);
            } catch (Exception error) {
                failure = error;
            }
        }

        /** A rebalance between poll and commit is no fault: the next poll joins again. */
        private void commit(Consumer<String, String> consumer) {
            try {
                consumer.commitSync();
            } catch (org.apache.kafka.common.errors.RebalanceInProgressException rebalance) {
                assigned = Set.of();
            }
        }

        void leave() throws Exception {
            isLeaving.set(true);
            thread.join();
            if (failure != null) throw failure;
        }
    }
}
