package dev.greenroom.ops.http;

import dev.greenroom.data.Json;
import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.http.RequestHead;
import dev.greenroom.net.server.InboundConnection;
import dev.greenroom.net.server.InboundConnection.StreamingResponse;
import dev.greenroom.ops.http.RouteTable.RouteRequest;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.Registry.RegistryUnavailableException;
import dev.greenroom.registry.SessionList.LiveSession;
import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.session.ApiCaller;
import dev.greenroom.session.SessionCall;
import dev.greenroom.session.SessionCall.CallAnswer;
import dev.greenroom.session.SessionCall.SessionCaller;
import dev.greenroom.session.SessionCall.ViewFrame;
import dev.greenroom.session.SessionId;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;

/// What a session does: its calls, and what its pages look like: their list, one picture, and a stream of
/// pictures that an `<img>` shows.
/// The pictures come from the session's worker while somebody watches. The caller handles exceptions of a
/// registry that does not answer.
final class ViewRoutes {
    static final int MAX_STREAMS = 50;

    /// How long a picture is waited for.
    static final Duration PICTURE_TIMEOUT = Duration.ofSeconds(3);

    static final String PAGES = "/v1/sessions/{id}/pages";
    static final String SCREENSHOT = "/v1/sessions/{id}/screenshot";
    static final String VIEW = "/v1/sessions/{id}/view";
    static final String TIMELINE = "/v1/sessions/{id}/timeline";

    private static final Pattern PICTURES = Pattern.compile("/v1/sessions/([^/]{1,64})/(screenshot|view|timeline)");
    private static final String BOUNDARY = "greenroom-frame";
    private static final String STREAM_TYPE = "multipart/x-mixed-replace; boundary=" + BOUNDARY;
    private static final int MAX_BODY = 4 << 20;

    /// Between two questions for a stream of the timeline.
    private static final Duration TIMELINE_PAUSE = Duration.ofSeconds(1);

    /// A client that has not read for so long counts as lost.
    private static final Duration LONGEST_STALL = Duration.ofSeconds(20);

    private static final HttpResponse OFF =
            ApiJson.error(403, "the live view is off (LIVE_VIEW=false, or no AUTH_TOKENS and not on loopback only)");

    private static final byte[] NO_PAGE = picture("view-no-page.png");
    private static final byte[] NO_PICTURE = picture("view-no-picture.png");
    private static final byte[] ENDED = picture("view-ended.png");

    private final Registry registry;
    private final SessionCaller calls;
    private final boolean on;
    private final LongSupplier nanoTime;
    private final Semaphore streams = new Semaphore(MAX_STREAMS);

    /// @param calls asks the workers
    /// @param on whether pictures may be seen
    ViewRoutes(Registry registry, SessionCaller calls, boolean on, LongSupplier nanoTime) {
        this.registry = registry;
        this.calls = calls;
        this.on = on;
        this.nanoTime = nanoTime;
    }

    void on(RouteTable table) {
        table.get(PAGES, this::pages);
        table.get(TIMELINE, call -> json(ask(call.id(), "timeline", "")));
        // These are answered with bytes, by serve().
        table.get(SCREENSHOT, _ -> HttpResponse.empty(204));
        table.get(VIEW, _ -> HttpResponse.empty(204));
    }

    /// Where a session is, or why it cannot be seen.
    private sealed interface LocatedSession {
        record At(CallAnswer answer) implements LocatedSession {}

        record Refused(HttpResponse why) implements LocatedSession {}
    }

    private HttpResponse pages(RouteRequest call) throws InterruptedException {
        return json(view(call.id(), "pages", ""));
    }

    private static HttpResponse json(LocatedSession found) {
        return switch (found) {
            case LocatedSession.Refused(var why) -> why;
            case LocatedSession.At(var answer) -> {
                try (answer) {
                    yield HttpResponse.json(
                            200, new String(answer.body().readNBytes(MAX_BODY), StandardCharsets.UTF_8));
                } catch (IOException e) {
                    yield silent(e);
                }
            }
        };
    }

    /// Answers a request for pictures.
    ///
    /// @return the answer, unless it was sent already; empty if it was
    Optional<HttpResponse> serve(InboundConnection connection, Matcher asked) throws InterruptedException {
        var head = connection.head();
        if (!streams.tryAcquire()) {
            return Optional.of(ApiJson.error(503, "too many views, " + MAX_STREAMS + " are open")
                    .with("Retry-After", "5"));
        }
        try {
            if (asked.group(2).equals("timeline")) {
                return timeline(connection, asked.group(1));
            }
            var isStream = asked.group(2).equals("view");
            return switch (view(asked.group(1), "view", query(head))) {
                case LocatedSession.Refused(var why) -> Optional.of(why);
                case LocatedSession.At(var answer) -> {
                    try (answer) {
                        yield isStream ? stream(connection, answer.body()) : screenshot(connection, answer.body());
                    }
                }
            };
        } finally {
            streams.release();
        }
    }

    /// Whether a request is for pictures.
    static Optional<Matcher> asksForPictures(RequestHead head) {
        return Optional.of(PICTURES.matcher(head.path()))
                .filter(match -> head.method().equals("GET") && match.matches())
                .filter(match -> !match.group(2).equals("timeline") || wantsEvents(head));
    }

    private static String query(RequestHead head) {
        return "?page=" + plain(head.query("page").orElse("")) + "&width="
                + plain(head.query("width").orElse(""));
    }

    /// The worker says what is wrong with other characters.
    private static String plain(String value) {
        return value.replaceAll("[^0-9A-Za-z]", "_");
    }

    private static boolean wantsEvents(RequestHead head) {
        return head.header("Accept")
                .filter(types -> types.contains("text/event-stream"))
                .isPresent();
    }

    /// Sends the timeline whenever it has changed, until the session has ended.
    private Optional<HttpResponse> timeline(InboundConnection connection, String id) throws InterruptedException {
        var first = ask(id, "timeline", "");
        if (first instanceof LocatedSession.Refused(var why)) {
            return Optional.of(why);
        }
        var stream = connection.open(EventStreams.CONTENT_TYPE);
        var answer = json(first);
        var last = "";
        while (answer.status() == 200) {
            var body = answer.body();
            if (!body.equals(last)) {
                stream.send("event: timeline\ndata: " + body + "\n\n");
                last = body;
            }
            stream.awaitClosed(TIMELINE_PAUSE);
            if (!reads(stream)) {
                stream.close();
                return Optional.empty();
            }
            answer = timeline(id);
        }
        var event = answer.status() == 404 ? "ended" : "lost";
        stream.end(("event: " + event + "\ndata: {}\n\n").getBytes(StandardCharsets.US_ASCII));
        return Optional.empty();
    }

    private HttpResponse timeline(String id) throws InterruptedException {
        try {
            return json(ask(id, "timeline", ""));
        } catch (RegistryUnavailableException e) {
            return ApiJson.error(503, "the registry does not answer: " + e.getMessage());
        }
    }

    private LocatedSession view(String id, String what, String query) throws InterruptedException {
        return on ? ask(id, what, query) : new LocatedSession.Refused(OFF);
    }

    private LocatedSession ask(String id, String what, String query) throws InterruptedException {
        var session = SessionId.of(id)
                .flatMap(registry.sessions()::find)
                .filter(it -> ApiCaller.current().sees(it.client().tenant()));
        var worker = session.flatMap(this::worker);
        if (session.isEmpty() || worker.isEmpty()) {
            return new LocatedSession.Refused(ApiJson.error(404, "no such session"));
        }
        try {
            var answer = calls.ask(
                    worker.get().worker(),
                    worker.get().endpoint(),
                    new SessionCall(session.get().session(), what),
                    query);
            if (answer.status() == 200) {
                return new LocatedSession.At(answer);
            }
            try (answer) {
                return new LocatedSession.Refused(refusal(answer));
            }
        } catch (IOException e) {
            return new LocatedSession.Refused(silent(e));
        }
    }

    private Optional<WorkerRecord> worker(LiveSession session) {
        return registry.workers().stream()
                .filter(it -> it.worker().equals(session.worker()))
                .findFirst();
    }

    /// The worker's reason, with its status where that means the same here.
    private static HttpResponse refusal(CallAnswer answer) throws IOException {
        var status = switch (answer.status()) {
            case 400, 403, 404, 409, 503 -> answer.status();
            default -> 502;
        };
        try {
            var body = Json.mapper().readTree(answer.body().readNBytes(MAX_BODY));
            return ApiJson.error(status, body.path("error").asString("the worker does not serve it"));
        } catch (JacksonException _) {
            return ApiJson.error(502, "the worker answered with status " + answer.status());
        }
    }

    private static HttpResponse silent(IOException why) {
        return ApiJson.error(502, "the worker of this session does not answer: " + why.getMessage());
    }

    /// Waits for the first picture.
    private Optional<HttpResponse> screenshot(InboundConnection connection, InputStream body) {
        var deadline = nanoTime.getAsLong() + PICTURE_TIMEOUT.toNanos();
        try {
            do {
                var frame = ViewFrame.read(body);
                switch (frame.map(ViewFrame::kind).orElse(ViewFrame.FrameKind.ENDED)) {
                    case ENDED -> {
                        return Optional.of(ApiJson.error(404, "the session has ended"));
                    }
                    case NO_PAGE -> {
                        return Optional.of(ApiJson.error(409, "the session has no page now"));
                    }
                    case PICTURE -> {
                        connection.open("image/jpeg").end(frame.orElseThrow().content());
                        return Optional.empty();
                    }
                    case NO_PICTURE -> {}
                }
            } while (nanoTime.getAsLong() - deadline < 0);
            return Optional.of(ApiJson.error(409, "the browser has sent no picture of the page yet"));
        } catch (IOException e) {
            return Optional.of(silent(e));
        }
    }

    /// Browsers show a part when the boundary behind it has come. So each part is sent with it.
    private static Optional<HttpResponse> stream(InboundConnection connection, InputStream body) {
        var stream = connection.open(STREAM_TYPE);
        var opening = "--" + BOUNDARY + "\r\n";
        try {
            for (var frame = ViewFrame.read(body); frame.isPresent() && reads(stream); frame = ViewFrame.read(body)) {
                var content = frame.get().content();
                var part = switch (frame.get().kind()) {
                    case PICTURE -> part(opening, "image/jpeg", content, "");
                    case NO_PAGE -> part(opening, "image/png", NO_PAGE, "");
                    case NO_PICTURE -> part(opening, "image/png", NO_PICTURE, "");
                    case ENDED -> new byte[0];
                };
                if (part.length == 0) {
                    break;
                }
                if (stream.send(part)) {
                    opening = "";
                }
            }
        } catch (IOException _) {
            // The worker is gone, and the session with it.
        }
        stream.end(part(opening, "image/png", ENDED, "--"));
        return Optional.empty();
    }

    private static boolean reads(StreamingResponse stream) {
        return stream.isOpen() && stream.stalledFor().compareTo(LONGEST_STALL) < 0;
    }

    private static byte[] part(String opening, String type, byte[] content, String end) {
        var head = (opening + "Content-Type: " + type + "\r\nContent-Length: " + content.length + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        var tail = ("\r\n--" + BOUNDARY + end + "\r\n").getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(head.length + content.length + tail.length)
                .put(head)
                .put(content)
                .put(tail)
                .array();
    }

    private static byte[] picture(String name) {
        try (var stream = ViewRoutes.class.getResourceAsStream(name)) {
            if (stream == null) {
                throw new IllegalStateException("no resource " + name);
            }
            return stream.readAllBytes();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
