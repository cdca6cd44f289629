package peers;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/** What one run has seen and answered so far, and the words with the driver about it. */
final class Progress {
    /** The run under way. Operators of frameworks that make them by serialisation find it here. */
    static volatile Progress current = new Progress();

    private final List<Counts> counts = new CopyOnWriteArrayList<>();
    private final Map<String, AtomicLong> out = new ConcurrentHashMap<>();

    /** What one thread has seen and dropped. Only that thread writes it, so that counting costs nothing. */
    static final class Counts {
        private final AtomicLong seen = new AtomicLong();
        private final AtomicLong dropped = new AtomicLong();

        void see() {
            seen.setRelease(seen.getPlain() + 1);
        }

        void drop() {
            dropped.setRelease(dropped.getPlain() + 1);
        }
    }

    Counts counts() {
        Counts made = new Counts();
        counts.add(made);
        return made;
    }

    /** Note how many meters are out. A place is a feeder, or where partitions are counted apart, one's part of it. */
    void answer(String place, long meters) {
        AtomicLong told = out.get(place);
        if (told == null) {
            told = out.computeIfAbsent(place, name -> new AtomicLong());
        }
        told.setRelease(meters);
    }

    /** Tell the driver that all is loaded, and wait for its word. */
    void ready() throws IOException {
        say("{\"said\":\"ready\"}");
        waitForDriver();
    }

    /** Watch the run until all records are seen, a millisecond a look, and tell the driver its first and last moment. */
    void watch(long events) throws IOException, InterruptedException {
        for (boolean first = true; ; Thread.sleep(1)) {
            long seen = counts.stream().mapToLong(each -> each.seen.getAcquire()).sum();
            if (first && seen > 0) {
                first = false;
                say("{\"said\":\"first\",\"at\":" + System.nanoTime() + "}");
            }
            if (seen >= events) {
                say("{\"said\":\"last\",\"at\":" + System.nanoTime() + "}");
                waitForDriver();
                return;
            }
        }
    }

    /** Tell the driver the answer. What stands before a slash in a place's name is the partition. */
    void tellAnswer() throws IOException {
        Map<String, Long> sums = new TreeMap<>();
        out.forEach((place, meters) -> sums.merge(place.substring(place.indexOf('/') + 1), meters.get(), Long::sum));
        java.io.StringWriter text = new java.io.StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
            json.writeStartObject();
            json.writeStringField("said", "answer");
            json.writeNumberField("dropped", counts.stream().mapToLong(each -> each.dropped.get()).sum());
            json.writeObjectFieldStart("out");
            for (Map.Entry<String, Long> each : sums.entrySet()) {
                json.writeNumberField(each.getKey(), each.getValue());
            }
            json.writeEndObject();
            json.writeEndObject();
        }
        say(text.toString());
    }

    private static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }

    private static void waitForDriver() throws IOException {
        for (int read = System.in.read(); read != '\n'; read = System.in.read()) {
            if (read < 0) {
                throw new IOException("the driver is gone");
            }
        }
    }
}
