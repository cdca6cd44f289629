package peers;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.serialization.AbstractDeserializationSchema;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/**
 * Flink: the feeder is looked up first, so that one exchange by feeder serves both the copies and the count. State on
 * the heap, a checkpoint into files every ten seconds, objects reused.
 */
public final class FlinkPeer {
    private static Map<String, String> feederOf;

    private FlinkPeer() {}

    /** Run the job as often as asked, in this one virtual machine. */
    public static void main(String[] arguments) throws Exception {
        Task task = Task.fromEnvironment();
        feederOf = task.readTable();
        for (int run = 0; run < task.runs(); run++) {
            Progress progress = new Progress();
            Progress.current = progress;
            progress.ready();
            JobClient job = lay(task, task.name() + "-" + run).executeAsync();
            progress.watch(task.events());
            progress.tellAnswer();
            job.cancel().get();
        }
        System.exit(0);
    }

    private static StreamExecutionEnvironment lay(Task task, String name) {
        StreamExecutionEnvironment flow = StreamExecutionEnvironment.createLocalEnvironment(task.threads(), settings(task, name));
        flow.fromSource(source(task, name), WatermarkStrategy.noWatermarks(), "gasps")
                .map(gasp -> Tuple2.of(feederOf.get(gasp.meterId), gasp.meterId))
                .returns(Types.TUPLE(Types.STRING, Types.STRING))
                .keyBy(located -> located.f0)
                .process(new CountMeters())
                .sinkTo(new Answer());
        return flow;
    }

    private static Configuration settings(Task task, String name) {
        Configuration settings = new Configuration();
        settings.set(StateBackendOptions.STATE_BACKEND, "hashmap");
        settings.set(CheckpointingOptions.CHECKPOINT_STORAGE, "filesystem");
        settings.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, task.state().resolve(name).toUri().toString());
        settings.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofSeconds(10));
        settings.set(PipelineOptions.OBJECT_REUSE, true);
        settings.set(RestOptions.BIND_ADDRESS, "127.0.0.1");
        return settings;
    }

    private static KafkaSource<LastGasp> source(Task task, String name) {
        return KafkaSource.<LastGasp>builder()
                .setBootstrapServers(task.bootstrap())
                .setTopics(task.topic())
                .setGroupId(name)
                .setStartingOffsets(OffsetsInitializer.earliest())
                .setValueOnlyDeserializer(new ReadGasp())
                .setProperty("max.poll.records", "5000")
                .setProperty("partition.discovery.interval.ms", "-1")
                .build();
    }

    /** JSON to a last gasp. */
    static final class ReadGasp extends AbstractDeserializationSchema<LastGasp> {
        @Override
        public LastGasp deserialize(byte[] value) {
            return LastGasp.read(value);
        }
    }

    /** One feeder: its meters that are out, and their number when it grows. */
    static final class CountMeters extends KeyedProcessFunction<String, Tuple2<String, String>, Tuple2<String, Long>> {
        private transient MapState<String, Boolean> meters;
        private transient ValueState<Long> out;
        private transient Progress.Counts counts;

        @Override
        public void open(OpenContext context) {
            meters = getRuntimeContext().getMapState(new MapStateDescriptor<>("meters", String.class, Boolean.class));
            out = getRuntimeContext().getState(new ValueStateDescriptor<>("out", Long.class));
            counts = Progress.current.counts();
        }

        @Override
        public void processElement(
                Tuple2<String, String> located, Context context, Collector<Tuple2<String, Long>> collector)
                throws Exception {
            if (meters.contains(located.f1)) {
                counts.drop();
            } else {
                meters.put(located.f1, true);
                long before = out.value() == null ? 0 : out.value();
                out.update(before + 1);
                collector.collect(Tuple2.of(located.f0, before + 1));
            }
            counts.see();
        }
    }

    /** Where the answer goes. */
    static final class Answer implements Sink<Tuple2<String, Long>> {
        @Override
        public SinkWriter<Tuple2<String, Long>> createWriter(WriterInitContext context) {
            return new SinkWriter<>() {
                @Override
                public void write(Tuple2<String, Long> told, Context context) throws IOException {
                    Progress.current.answer(told.f0, told.f1);
                }

                @Override
                public void flush(boolean endOfInput) {}

                @Override
                public void close() {}
            };
        }
    }
}
