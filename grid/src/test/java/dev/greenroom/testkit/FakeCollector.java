package dev.greenroom.testkit;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/// A collector of traces that speaks OTLP over HTTP and reads as much of protobuf as spans need. Written
/// from the format, so that it knows nothing of the library that is tested.
public final class FakeCollector implements AutoCloseable {
    private static final int RESOURCE_SPANS = 1;
    private static final int SCOPE_SPANS = 2;
    private static final int SPANS = 2;

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<Span> spans = new CopyOnWriteArrayList<>();
    private final int status;

    private FakeCollector(HttpServer server, int status) {
        this.server = server;
        this.status = status;
    }

    /// Listens on a free port of this machine.
    ///
    /// @param status what it answers; 200 takes the spans
    public static FakeCollector start(int status) throws IOException {
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        var collector = new FakeCollector(server, status);
        server.createContext("/v1/traces", collector::take);
        server.setExecutor(collector.threads);
        server.start();
        return collector;
    }

    /// A span.
    ///
    /// @param parent its id in hexadecimal, or empty
    /// @param status 0 unset, 1 good, 2 error
    public record Span(
            String trace,
            String id,
            String parent,
            String name,
            long beganNanos,
            long endedNanos,
            Map<String, String> attributes,
            int status) {}

    private void take(HttpExchange exchange) throws IOException {
        var body = ByteBuffer.wrap(exchange.getRequestBody().readAllBytes()).order(ByteOrder.LITTLE_ENDIAN);
        if (status == 200) {
            message(
                    body,
                    RESOURCE_SPANS,
                    resource -> message(
                            resource, SCOPE_SPANS, scope -> message(scope, SPANS, span -> spans.add(span(span)))));
        }
        exchange.sendResponseHeaders(status, -1);
        exchange.close();
    }

    private static Span span(ByteBuffer bytes) {
        var texts = new HashMap<Integer, String>();
        var times = new HashMap<Integer, Long>();
        var attributes = new HashMap<String, String>();
        var status = new int[1];
        fields(bytes, (field, value) -> {
            switch (field) {
                case 1, 2, 4 -> texts.put(field, hex(value));
                case 5 -> texts.put(field, text(value));
                case 7, 8 -> times.put(field, value.getLong());
                case 9 -> attribute(value, attributes);
                case 15 -> message(value, 3, code -> status[0] = (int) varint(code));
                default -> {}
            }
        });
        return new Span(
                texts.getOrDefault(1, ""),
                texts.getOrDefault(2, ""),
                texts.getOrDefault(4, ""),
                texts.getOrDefault(5, ""),
                times.getOrDefault(7, 0L),
                times.getOrDefault(8, 0L),
                attributes,
                status[0]);
    }

    private static void attribute(ByteBuffer bytes, Map<String, String> attributes) {
        var key = new StringBuilder();
        fields(bytes, (field, value) -> {
            if (field == 1) {
                key.append(text(value));
            } else {
                fields(
                        value,
                        (kind, it) -> attributes.put(key.toString(), kind == 1 ? text(it) : Long.toString(varint(it))));
            }
        });
    }

    private static String hex(ByteBuffer bytes) {
        var copy = new byte[bytes.remaining()];
        bytes.duplicate().get(copy);
        return HexFormat.of().formatHex(copy);
    }

    private static String text(ByteBuffer bytes) {
        return StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
    }

    private static void message(ByteBuffer bytes, int wanted, Consumer<ByteBuffer> found) {
        fields(bytes, (field, value) -> {
            if (field == wanted) {
                found.accept(value);
            }
        });
    }

    /// Goes through the fields of a message; each value is a part of the same array.
    private static void fields(ByteBuffer bytes, BiConsumer<Integer, ByteBuffer> found) {
        while (bytes.hasRemaining()) {
            var tag = (int) varint(bytes);
            var length = switch (tag & 7) {
                case 0 -> varintLength(bytes);
                case 1 -> 8;
                case 2 -> (int) varint(bytes);
                case 5 -> 4;
                default -> throw new IllegalArgumentException("not protobuf: tag " + tag);
            };
            var value = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN).limit(bytes.position() + length);
            bytes.position(bytes.position() + length);
            found.accept(tag >>> 3, value);
        }
    }

    private static int varintLength(ByteBuffer bytes) {
        var probe = bytes.duplicate();
        varint(probe);
        return probe.position() - bytes.position();
    }

    private static long varint(ByteBuffer bytes) {
        var value = 0L;
        for (var shift = 0; ; shift += 7) {
            var next = bytes.get();
            value |= (next & 0x7FL) << shift;
            if (next >= 0) {
                return value;
            }
        }
    }

    /// What `OTEL_EXPORTER_OTLP_ENDPOINT` has to be.
    public String endpoint() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /// What has come in so far.
    public List<Span> spans() {
        return List.copyOf(spans);
    }

    /// The spans of this name.
    public List<Span> spans(String name) {
        return spans.stream().filter(span -> span.name().equals(name)).toList();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.close();
    }
}
