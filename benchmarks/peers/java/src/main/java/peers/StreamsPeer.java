package peers;

import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * Kafka Streams: the topic's key is the meter, so copies are dropped and meters counted a partition apart, without a
 * repartition topic, and the partitions' counts are added at the end. Two stores a task, each with its changelog.
 */
public final class StreamsPeer {
    private static final String SEEN = "seen";
    private static final String OUT = "out";

    private StreamsPeer() {}

    /** Run the application as often as asked, in this one virtual machine: "memory" or "rocksdb". */
    public static void main(String[] arguments) throws Exception {
        Task task = Task.fromEnvironment();
        Map<String, String> feederOf = task.readTable();
        for (int run = 0; run < task.runs(); run++) {
            Progress progress = new Progress();
            Progress.current = progress;
            Topology topology = lay(task, arguments[0].equals("memory"), feederOf);
            progress.ready();
            try (KafkaStreams streams = new KafkaStreams(topology, settings(task, task.name() + "-" + run))) {
                streams.start();
                progress.watch(task.events());
                progress.tellAnswer();
            }
        }
    }

    private static Topology lay(Task task, boolean memory, Map<String, String> feederOf) {
        StreamsBuilder builder = new StreamsBuilder();
        builder.addStateStore(store(SEEN, memory, Serdes.ByteArray()));
        builder.addStateStore(store(OUT, memory, Serdes.Long()));
        builder.stream(task.topic(), Consumed.with(Serdes.String(), Serdes.ByteArray()))
                .mapValues(LastGasp::read)
                .process(() -> new CountMeters(feederOf), SEEN, OUT)
                .foreach(Progress.current::answer);
        return builder.build();
    }

    /** A store in memory needs no cache before it. */
    private static <V> StoreBuilder<KeyValueStore<String, V>> store(String name, boolean memory, Serde<V> values) {
        return memory
                ? Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore(name), Serdes.String(), values)
                : Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(name), Serdes.String(), values)
                        .withCachingEnabled();
    }

    private static Properties settings(Task task, String name) {
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, name);
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, task.bootstrap());
        settings.put(StreamsConfig.STATE_DIR_CONFIG, task.state().toString());
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, task.threads());
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 10_000);
        settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 512L << 20);
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 5_000);
        settings.put(StreamsConfig.producerPrefix(ProducerConfig.COMPRESSION_TYPE_CONFIG), "lz4");
        settings.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 256 * 1024);
        settings.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), 50);
        return settings;
    }

    /** One partition: its meters that are out, and how many of each feeder when that grows. */
    private static final class CountMeters implements Processor<String, LastGasp, String, Long> {
        private static final byte[] HERE = {1};

        private final Map<String, String> feederOf;
        private ProcessorContext<String, Long> context;
        private KeyValueStore<String, byte[]> seen;
        private KeyValueStore<String, Long> out;
        private Progress.Counts counts;
        private String partition;

        CountMeters(Map<String, String> feederOf) {
            this.feederOf = feederOf;
        }

        @Override
        public void init(ProcessorContext<String, Long> given) {
            context = given;
            seen = given.getStateStore(SEEN);
            out = given.getStateStore(OUT);
            counts = Progress.current.counts();
            partition = given.taskId().partition() + "/";
        }

        @Override
        public void process(Record<String, LastGasp> record) {
            String meter = record.value().meterId;
            if (seen.putIfAbsent(meter, HERE) == null) {
                String feeder = feederOf.get(meter);
                Long before = out.get(feeder);
                long now = before == null ? 1 : before + 1;
                out.put(feeder, now);
                context.forward(new Record<>(partition + feeder, now, record.timestamp()));
            } else {
                counts.drop();
            }
            counts.see();
        }
    }
}
