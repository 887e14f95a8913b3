package dev.greenroom.ops.http;

import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.server.InboundConnection.StreamingResponse;
import dev.greenroom.net.server.InboundConnection;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/// Tells all who listen what the grid looks like, each time somebody has looked: one text for all of them,
/// and no thread for any. Who does not read is left behind.
final class EventStreams {
    static final int MAX_STREAMS = 50;
    static final String CONTENT_TYPE = "text/event-stream; charset=utf-8";

    /// Proxies on the way close what is silent.
    static final Duration HEARTBEAT = Duration.ofSeconds(15);

    /// Who has not read for so long is not there any more.
    static final Duration LONGEST_STALL = Duration.ofSeconds(10);

    private static final String STILL_HERE = ": still here\n\n";

    private final Supplier<String> overview;
    private final LongSupplier nanoTime;
    private final Duration longestStall;
    private final Set<StreamingResponse> streams = ConcurrentHashMap.newKeySet();
    private volatile String lastEvent = "";
    private volatile long lastSaidNanos;

    /// @param overview as JSON on one line
    /// @param longestStall whoever has not read for longer is dropped
    EventStreams(Supplier<String> overview, LongSupplier nanoTime, Duration longestStall) {
        this.overview = overview;
        this.nanoTime = nanoTime;
        this.longestStall = longestStall;
    }

    /// Lets a client listen from now on. Returns at once.
    synchronized void open(InboundConnection connection) {
        streams.removeIf(stream -> !stream.isOpen());
        if (streams.size() >= MAX_STREAMS) {
            connection.answer(ApiJson.error(503, "too many event streams, " + MAX_STREAMS + " are open")
                    .with("Retry-After", "5"));
            return;
        }
        var stream = connection.open(CONTENT_TYPE);
        streams.add(stream);
        stream.send("retry: 2000\n\n" + event());
    }

    /// The answer to who only asks what would be answered.
    static HttpResponse head() {
        return HttpResponse.text(200, CONTENT_TYPE, "");
    }

    /// Somebody has looked at the grid.
    void looked() {
        if (streams.isEmpty()) {
            return;
        }
        var now = nanoTime.getAsLong();
        var event = event();
        var text = event.equals(lastEvent) ? "" : event;
        if (text.isEmpty() && now - lastSaidNanos >= HEARTBEAT.toNanos()) {
            text = STILL_HERE;
        }
        if (text.isEmpty()) {
            return;
        }
        lastEvent = event;
        lastSaidNanos = now;
        for (var stream : streams) {
            stream.send(text);
            if (stream.stalledFor().compareTo(longestStall) > 0) {
                stream.close();
            }
        }
        streams.removeIf(stream -> !stream.isOpen());
    }

    private String event() {
        return "event: overview\ndata: " + overview.get() + "\n\n";
    }

    int open() {
        return streams.size();
    }

    /// Ends all of them.
    void close() {
        streams.forEach(StreamingResponse::close);
        streams.clear();
    }
}
