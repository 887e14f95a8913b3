package dev.greenroom.ops.http;

import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.server.InboundConnection;
import dev.greenroom.net.server.InboundConnection.StreamingResponse;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/// Server-sent events with the state of the grid, sent to all streams on each refresh: one text for all, no
/// thread per stream. A stream whose client does not read is closed.
final class EventStreams {
    static final int MAX_STREAMS = 50;
    static final String CONTENT_TYPE = "text/event-stream; charset=utf-8";

    /// Keeps idle streams alive through load balancers.
    static final Duration HEARTBEAT = Duration.ofSeconds(15);

    /// A client that has not read for so long counts as lost.
    static final Duration LONGEST_STALL = Duration.ofSeconds(10);

    private static final String KEEP_ALIVE = ": still here\n\n";

    private final Supplier<String> overview;
    private final LongSupplier nanoTime;
    private final Duration longestStall;
    private final Set<StreamingResponse> streams = ConcurrentHashMap.newKeySet();
    private volatile String lastEvent = "";
    private volatile long lastSentNanos;

    /// @param overview as JSON on one line
    /// @param longestStall time without reads after which a stream is closed
    EventStreams(Supplier<String> overview, LongSupplier nanoTime, Duration longestStall) {
        this.overview = overview;
        this.nanoTime = nanoTime;
        this.longestStall = longestStall;
    }

    /// Opens a stream for a client. Does not block.
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

    /// The response to a `HEAD` request.
    static HttpResponse head() {
        return HttpResponse.text(200, CONTENT_TYPE, "");
    }

    /// Sends the new state, if it has changed, or a keep-alive. Does not block.
    void publish() {
        if (streams.isEmpty()) {
            return;
        }
        var now = nanoTime.getAsLong();
        var event = event();
        var text = event.equals(lastEvent) ? "" : event;
        if (text.isEmpty() && now - lastSentNanos >= HEARTBEAT.toNanos()) {
            text = KEEP_ALIVE;
        }
        if (text.isEmpty()) {
            return;
        }
        lastEvent = event;
        lastSentNanos = now;
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

    /// Closes all streams.
    void close() {
        streams.forEach(StreamingResponse::close);
        streams.clear();
    }
}
