package dev.greenroom.worker.gateway;

import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.http.RequestHead;
import dev.greenroom.net.server.ConnectionLimits;
import dev.greenroom.net.server.HttpListener;
import dev.greenroom.net.server.InboundConnection;
import dev.greenroom.net.server.HttpListener.PortInUseException;
import dev.greenroom.net.server.Transport;
import dev.greenroom.schedule.Subscription;
import dev.greenroom.session.SessionId.SessionIdGenerator;
import dev.greenroom.worker.health.WorkerMetricsSink;
import dev.greenroom.worker.health.WorkerMetricsSink.WorkerHealth;
import io.netty.channel.EventLoopGroup;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CopyOnWriteArrayList;

/// The port of a worker process. All runs of the process share it: the path of an upgrade says which run a
/// session is for, and whoever asks how the worker is hears of the newest run. Safe for use by many
/// threads.
public final class WorkerPort implements AutoCloseable {
    /// The slots are the limit here; a proxy has one address and many sessions.
    private static final ConnectionLimits NO_LIMITS = new ConnectionLimits(Integer.MAX_VALUE, Integer.MAX_VALUE);

    private final WorkerMetricsSink report;
    private final HttpListener server;

    /// The newest one is the last one.
    private final List<Gateway> runs = new CopyOnWriteArrayList<>();

    private OptionalInt port = OptionalInt.empty(); // guarded by this

    /// @param loops closed by their owner
    public WorkerPort(Transport transport, EventLoopGroup loops, SessionIdGenerator ids, WorkerMetricsSink report) {
        this.report = report;
        this.server = new HttpListener(transport, loops, ids, NO_LIMITS, this::serve);
    }

    /// Begins to accept, unless it does already.
    ///
    /// @return the port
    public synchronized int listen(InetSocketAddress address) throws PortInUseException, InterruptedException {
        if (port.isEmpty()) {
            port = OptionalInt.of(server.listen(address));
        }
        return port.getAsInt();
    }

    /// Takes the sessions of one more run, until the answer is closed.
    public Subscription add(Gateway run) {
        runs.add(run);
        return () -> runs.remove(run);
    }

    private void serve(InboundConnection connection) throws InterruptedException {
        var head = connection.head();
        if (head.header("Origin").isPresent()) {
            connection.answer(HttpResponse.json(403, "{\"error\":\"origin not allowed\"}"));
        } else if (head.isUpgrade()) {
            var run = runOf(head.path());
            if (run.isPresent()) {
                run.get().serve(connection);
            } else {
                connection.answer(notFound());
            }
        } else {
            connection.answer(words(head));
        }
    }

    /// Every path is compared, in constant time: who knows one may use the worker.
    private Optional<Gateway> runOf(String path) {
        var found = Optional.<Gateway>empty();
        for (var run : runs) {
            if (run.hasPath(path)) {
                found = Optional.of(run);
            }
        }
        return found;
    }

    private HttpResponse words(RequestHead head) {
        return switch (head.path()) {
            case "/", "/health" -> HealthText.of(newest(), previousRuns());
            case "/health/ready" -> HealthText.ready(newest());
            case "/metrics" -> report.metrics(head.header("Accept").orElse(""));
            case "/favicon.ico" -> HttpResponse.empty(204);
            default -> notFound();
        };
    }

    private Optional<Gateway> newestRun() {
        var now = List.copyOf(runs);
        return now.isEmpty() ? Optional.empty() : Optional.of(now.getLast());
    }

    private Optional<WorkerHealth> newest() {
        return newestRun().map(Gateway::numbers);
    }

    private List<WorkerHealth> previousRuns() {
        var now = List.copyOf(runs);
        return now.stream()
                .limit(Math.max(0, now.size() - 1))
                .map(Gateway::numbers)
                .toList();
    }

    private static HttpResponse notFound() {
        return HttpResponse.json(404, "{\"error\":\"not found\"}");
    }

    @Override
    public void close() {
        server.close();
    }
}
