package peers;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;

/** One message of one meter, every field of it read. */
public final class LastGasp {
    private static final JsonFactory JSON = new JsonFactory();

    public String eventId;
    public String meterId;
    public String kind;
    public String observedAt;
    public String receivedAt;
    public String source;
    public double voltage;
    public String code;

    /** Read JSON with Jackson's stream of tokens, which costs half of what its data binding does. */
    static LastGasp read(byte[] value) {
        try (JsonParser parser = JSON.createParser(value)) {
            LastGasp gasp = new LastGasp();
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new IllegalArgumentException("not an object");
            }
            for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
                parser.nextToken();
                gasp.put(name, parser);
            }
            if (!"last_gasp".equals(gasp.kind)) {
                throw new IllegalArgumentException("not a last gasp");
            }
            return gasp;
        } catch (IOException error) {
            throw new IllegalArgumentException(error);
        }
    }

    private void put(String name, JsonParser parser) throws IOException {
        switch (name) {
            case "event_id" -> eventId = parser.getText();
            case "meter_id" -> meterId = parser.getText();
            case "kind" -> kind = parser.getText();
            case "observed_at" -> observedAt = parser.getText();
            case "received_at" -> receivedAt = parser.getText();
            case "source" -> source = parser.getText();
            case "voltage" -> voltage = parser.getDoubleValue();
            case "code" -> code = parser.getText();
            default -> parser.skipChildren();
        }
    }
}
