package dev.greenroom.ops.http;

import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.http.RequestHead;
import dev.greenroom.net.server.InboundConnection;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.WorkerRecord;
import dev.greenroom.session.ApiCaller;
import dev.greenroom.session.SessionCall;
import dev.greenroom.session.SessionCall.CallAnswer;
import dev.greenroom.session.SessionCall.SessionCaller;
import dev.greenroom.session.SessionId;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The recording of a session that has ended, from whichever worker has it: the list of sessions does not say
/// where it was, so all workers are asked.
final class RecordingRoute {
    static final String RECORDING = "/v1/sessions/{id}/recording";

    private static final int MAX_DOWNLOADS = 20;
    private static final int ASKED_AT_ONCE = 32;
    private static final Duration PATIENCE = Duration.ofSeconds(8);
    private static final Duration STALL = Duration.ofSeconds(20);
    private static final int BLOCK = 1 << 16;
    private static final Pattern PATH = Pattern.compile("/v1/sessions/([^/]{1,64})/recording");
    private static final HttpResponse NONE = ApiJson.error(404, "no such recording");

    private final Registry registry;
    private final SessionCaller calls;
    private final boolean on;
    private final Semaphore downloads = new Semaphore(MAX_DOWNLOADS);

    /// @param on whether anybody may see what pages look like
    RecordingRoute(Registry registry, SessionCaller calls, boolean on) {
        this.registry = registry;
        this.calls = calls;
        this.on = on;
    }

    void on(RouteTable table) {
        table.get(RECORDING, _ -> HttpResponse.empty(204));
    }

    /// Whether a request is for a recording.
    static Optional<Matcher> asksForRecording(RequestHead head) {
        return Optional.of(PATH.matcher(head.path()))
                .filter(match -> head.method().equals("GET") && match.matches());
    }

    /// Answers a request.
    ///
    /// @return the answer, unless it was sent already; empty if it was
    Optional<HttpResponse> serve(InboundConnection connection, Matcher asked) throws InterruptedException {
        if (!on) {
            return Optional.of(ApiJson.error(403, "recordings are for grids with AUTH_TOKENS, or on loopback only"));
        }
        var session = SessionId.of(asked.group(1));
        if (session.isEmpty()) {
            return Optional.of(NONE);
        }
        if (!downloads.tryAcquire()) {
            return Optional.of(ApiJson.error(503, "too many downloads, " + MAX_DOWNLOADS + " are open")
                    .with("Retry-After", "5"));
        }
        try {
            var answer = find(session.get());
            if (answer.isEmpty()) {
                return Optional.of(NONE);
            }
            try (var found = answer.get()) {
                return found.status() == 200
                        ? send(connection, session.get(), found)
                        : Optional.of(ApiJson.error(
                                409, "the recording is not finished; it is there when the session has ended"));
            }
        } finally {
            downloads.release();
        }
    }

    /// The first worker's answer that has it, or is making it.
    private Optional<CallAnswer> find(SessionId session) throws InterruptedException {
        var query = ApiCaller.current()
                .tenant()
                .map(owner -> "?tenant="
                        + URLEncoder.encode(URLEncoder.encode(owner, StandardCharsets.UTF_8), StandardCharsets.UTF_8))
                .orElse("");
        var until = System.nanoTime() + PATIENCE.toNanos();
        var addresses = new HashSet<String>();
        var limit = new Semaphore(ASKED_AT_ONCE);
        List<CallAnswer> unwanted = new ArrayList<>();
        var executor = Executors.newVirtualThreadPerTaskExecutor();
        try {
            var asking = new ExecutorCompletionService<CallAnswer>(executor);
            var asked = 0;
            for (var worker : registry.workers()) {
                // Runs of one process, and processes behind one port, have the same folder.
                if (addresses.add(worker.endpoint().authority())) {
                    asking.submit(() -> ask(limit, worker, session, query));
                    asked++;
                }
            }
            for (; asked > 0; asked--) {
                var next = asking.poll(until - System.nanoTime(), TimeUnit.NANOSECONDS);
                if (next == null) {
                    return Optional.empty();
                }
                try {
                    var answer = next.get();
                    if (answer.status() == 200 || answer.status() == 409) {
                        return Optional.of(answer);
                    }
                    unwanted.add(answer);
                } catch (ExecutionException _) {
                    // This worker does not answer; another one may have it.
                }
            }
            return Optional.empty();
        } finally {
            unwanted.forEach(CallAnswer::close);
            executor.shutdownNow();
        }
    }

    private CallAnswer ask(Semaphore limit, WorkerRecord worker, SessionId session, String query)
            throws IOException, InterruptedException {
        limit.acquire();
        try {
            return calls.ask(worker.worker(), worker.endpoint(), new SessionCall(session, "recording"), query);
        } finally {
            limit.release();
        }
    }

    private static Optional<HttpResponse> send(InboundConnection connection, SessionId session, CallAnswer found)
            throws InterruptedException {
        var body = new DataInputStream(found.body());
        long left;
        try {
            left = body.readLong();
        } catch (IOException e) {
            return Optional.of(ApiJson.error(502, "the worker does not send the recording: " + e.getMessage()));
        }
        var stream = connection.open(HttpResponse.text(200, "video/webm", "")
                .with("Content-Length", Long.toString(left))
                .with("Content-Disposition", "inline; filename=\"" + session + ".webm\""));
        try {
            while (left > 0) {
                var block = body.readNBytes((int) Math.min(BLOCK, left));
                if (block.length == 0 || !stream.sendAndWait(block, STALL)) {
                    break;
                }
                left -= block.length;
            }
        } catch (IOException _) {
            // The client sees that it is shorter than it should be.
        }
        if (left > 0) {
            stream.close();
        } else {
            stream.end(new byte[0]);
        }
        return Optional.empty();
    }
}
