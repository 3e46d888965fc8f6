import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * The fold as a Kafka Streams user would write it: JSON events in, the newest 50 interactions of each user in a
 * persistent store with its changelog, the newest ten items out as JSON, for every event.
 *
 * <pre>HistoryFold BROKERS IN OUT DIRECTORY EVENTS GUARANTEE CACHED</pre>
 *
 * Prints the events per second between the first fifth and the end of EVENTS.
 */
public final class HistoryFold {
  private static final int HISTORY_MAX = 50;
  private static final int ENTRY_BYTES = 17; // item, time, action
  private static final int LIST_SIZE = 10;
  private static final String STORE = "histories";

  /** Started and stopped by the one stream thread. */
  private static final class Clock {
    private final long events;
    private final CountDownLatch done = new CountDownLatch(1);
    private long seen;
    private long begin;
    private long end;

    Clock(long events) {
      this.events = events;
    }

    void count() {
      seen++;
      if (seen == events / 5) begin = System.nanoTime();
      if (seen != events) return;
      end = System.nanoTime();
      done.countDown();
    }

    double rate() {
      return (events - events / 5) * 1e9 / (end - begin);
    }
  }

  private static final class Fold implements Processor<String, byte[], String, byte[]> {
    private final Clock clock;
    private final JsonFactory json = new JsonFactory();
    private ProcessorContext<String, byte[]> context;
    private KeyValueStore<String, byte[]> store;

    Fold(Clock clock) {
      this.clock = clock;
    }

    @Override
    public void init(ProcessorContext<String, byte[]> context) {
      this.context = context;
      store = context.getStateStore(STORE);
    }

    @Override
    public void process(Record<String, byte[]> record) {
      String user = null;
      String item = null;
      String type = null;
      long time = 0;
      try (JsonParser parser = json.createParser(record.value())) {
        parser.nextToken();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
          String name = parser.getCurrentName();
          parser.nextToken();
          switch (name) {
            case "user_id" -> user = parser.getText();
            case "item_id" -> item = parser.getText();
            case "type" -> type = parser.getText();
            case "event_time" -> time = parser.getLongValue();
            default -> parser.skipChildren();
          }
        }
      } catch (IOException bad) {
        throw new IllegalStateException(bad);
      }
      byte[] history = appended(store.get(user), Long.parseLong(item.substring(1)), time, (byte) type.charAt(1));
      store.put(user, history);
      context.forward(record.withKey(user).withValue(list(user, history)));
      clock.count();
    }

    private static byte[] appended(byte[] before, long item, long time, byte action) {
      int kept = before == null ? 0 : Math.min(before.length, (HISTORY_MAX - 1) * ENTRY_BYTES);
      ByteBuffer after = ByteBuffer.allocate(kept + ENTRY_BYTES);
      if (kept > 0) after.put(before, before.length - kept, kept);
      return after.putLong(item).putLong(time).put(action).array();
    }

    private static byte[] list(String user, byte[] history) {
      StringBuilder text = new StringBuilder(640);
      text.append("{\"user_id\":\"").append(user).append("\",\"items\":[");
      ByteBuffer entries = ByteBuffer.wrap(history);
      int first = Math.max(0, history.length / ENTRY_BYTES - LIST_SIZE);
      for (int i = history.length / ENTRY_BYTES - 1; i >= first; i--) {
        text.append("{\"item_id\":\"i").append(entries.getLong(i * ENTRY_BYTES)).append("\",\"score\":0.5},");
      }
      text.setCharAt(text.length() - 1, ']');
      return text.append('}').toString().getBytes(StandardCharsets.UTF_8);
    }
  }

  public static void main(String[] args) throws Exception {
    Clock clock = new Clock(Long.parseLong(args[4]));
    StoreBuilder<KeyValueStore<String, byte[]>> store = Stores.keyValueStoreBuilder(
        Stores.persistentKeyValueStore(STORE), Serdes.String(), Serdes.ByteArray());
    boolean cached = Boolean.parseBoolean(args[6]);
    StreamsBuilder builder = new StreamsBuilder();
    builder.addStateStore(cached ? store.withCachingEnabled() : store.withCachingDisabled());
    KStream<String, byte[]> events = builder.stream(args[1]);
    events.process(() -> new Fold(clock), STORE).to(args[2]);

    Properties settings = new Properties();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, "history-fold-" + System.nanoTime());
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
    settings.put(StreamsConfig.STATE_DIR_CONFIG, args[3]);
    settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, args[5]);
    settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
    settings.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
    settings.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.ByteArraySerde.class);
    settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, cached ? 64L << 20 : 0L);
    settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
    KafkaStreams streams = new KafkaStreams(builder.build(), settings);
    streams.start();
    clock.done.await();
    System.out.printf("%.0f%n", clock.rate());
    streams.close();
  }
}
