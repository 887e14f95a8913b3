package dev.greenroom.worker.gateway;

import dev.greenroom.session.SessionIds;
import dev.greenroom.session.Subscription;
import dev.greenroom.wire.Answer;
import dev.greenroom.wire.ConnectionLimits;
import dev.greenroom.wire.InboundConnection;
import dev.greenroom.wire.PortInUseException;
import dev.greenroom.wire.RequestHead;
import dev.greenroom.wire.Transport;
import dev.greenroom.wire.WireServer;
import dev.greenroom.worker.health.WorkerNumbers;
import dev.greenroom.worker.health.WorkerReport;
import io.netty.channel.EventLoopGroup;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CopyOnWriteArrayList;

/// The port of a worker process. All runs of the process share it: the path of an upgrade says which run a session is
/// for, and whoever asks how the worker is hears of the newest run. Safe for use by many threads.
public final class WorkerPort implements AutoCloseable {
    /// The slots are the limit here; a proxy has one address and many sessions.
    private static final ConnectionLimits NO_LIMITS = new ConnectionLimits(Integer.MAX_VALUE, Integer.MAX_VALUE);

    private final WorkerReport report;
    private final WireServer server;

    /// The newest one is the last one.
    private final List<Gateway> runs = new CopyOnWriteArrayList<>();

    private OptionalInt port = OptionalInt.empty(); // guarded by this

    /// @param loops closed by their owner
    public WorkerPort(Transport transport, EventLoopGroup loops, SessionIds ids, WorkerReport report) {
        this.report = report;
        this.server = new WireServer(transport, loops, ids, NO_LIMITS, this::serve);
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
            connection.answer(Answer.json(403, "{\"error\":\"origin not allowed\"}"));
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

    private Answer words(RequestHead head) {
        return switch (head.path()) {
            case "/", "/health" -> HealthWords.of(newest(), earlier());
            case "/health/ready" -> HealthWords.ready(newest());
            case "/metrics" -> report.metrics(head.header("Accept").orElse(""));
            case "/favicon.ico" -> Answer.empty(204);
            default -> notFound();
        };
    }

    private Optional<Gateway> newestRun() {
        var now = List.copyOf(runs);
        return now.isEmpty() ? Optional.empty() : Optional.of(now.getLast());
    }

    private Optional<WorkerNumbers> newest() {
        return newestRun().map(Gateway::numbers);
    }

    private List<WorkerNumbers> earlier() {
        var now = List.copyOf(runs);
        return now.stream()
                .limit(Math.max(0, now.size() - 1))
                .map(Gateway::numbers)
                .toList();
    }

    private static Answer notFound() {
        return Answer.json(404, "{\"error\":\"not found\"}");
    }

    @Override
    public void close() {
        server.close();
    }
}
