package peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** What the driver asks for, by environment variables; see the README. */
record Task(String name, String bootstrap, String topic, long events, Path table, Path state, int threads, int runs) {

    static Task fromEnvironment() {
        Map<String, String> given = System.getenv();
        long events = LongStream.of(Stream.of(given.get("PEERS_ENDS").split(",")).mapToLong(Long::parseLong).toArray()).sum();
        return new Task(
                given.get("PEERS_NAME"),
                given.get("PEERS_BOOTSTRAP"),
                given.get("PEERS_TOPIC"),
                events,
                Path.of(given.get("PEERS_TABLE")),
                Path.of(given.get("PEERS_STATE")),
                Integer.parseInt(given.get("PEERS_THREADS")),
                Integer.parseInt(given.get("PEERS_RUNS")));
    }

    /** Read the table: meter to feeder. Feeders that are the same are one string. */
    Map<String, String> readTable() throws IOException {
        Map<String, String> feederOf = new HashMap<>(4_000_000);
        Map<String, String> feeders = new HashMap<>();
        try (Stream<String> lines = Files.lines(table)) {
            lines.skip(1).forEach(line -> {
                int comma = line.indexOf(',');
                String feeder = line.substring(comma + 1);
                feederOf.put(line.substring(0, comma), feeders.computeIfAbsent(feeder, same -> same));
            });
        }
        return feederOf;
    }
}
