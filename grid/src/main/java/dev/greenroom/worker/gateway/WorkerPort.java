package dev.greenroom.worker.gateway;

import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.http.RequestHead;
import dev.greenroom.net.server.HttpListener;
import dev.greenroom.net.server.HttpListener.ConnectionLimits;
import dev.greenroom.net.server.HttpListener.ConnectionLimits.FileDescriptorLimit;
import dev.greenroom.net.server.HttpListener.PortInUseException;
import dev.greenroom.net.server.InboundConnection;
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
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/// The port of a worker process, which all its runs share. The path of an upgrade names the run; health
/// requests are answered for the newest run. Safe for use by many threads.
public final class WorkerPort implements AutoCloseable {
    /// Sessions are limited by the slots; this keeps all other connections from using up descriptors and
    /// memory. There is no limit per address: all proxies may have the same one.
    private static final int MAX_CONNECTIONS = 4096;

    private static final Set<String> HEALTH = Set.of("/", "/health", "/health/ready");

    private final WorkerMetricsSink metrics;
    private final HttpListener listener;

    /// The newest one is the last one.
    private final List<ServedRun> runs = new CopyOnWriteArrayList<>();

    private OptionalInt port = OptionalInt.empty(); // guarded by this

    private record ServedRun(Gateway gateway, Supplier<WorkerHealth> health) {}

    /// @param loops closed by their owner
    public WorkerPort(Transport transport, EventLoopGroup loops, SessionIdGenerator ids, WorkerMetricsSink metrics) {
        this.metrics = metrics;
        this.listener = new HttpListener(transport, loops, ids, limits(), this::serve);
    }

    private static ConnectionLimits limits() {
        var total = Math.min(FileDescriptorLimit.connections(), MAX_CONNECTIONS);
        return new ConnectionLimits(total, total, head -> !head.isUpgrade() && HEALTH.contains(head.path()));
    }

    /// Starts to accept connections, unless it does already.
    ///
    /// @return the port
    public synchronized int listen(InetSocketAddress address) throws PortInUseException, InterruptedException {
        if (port.isEmpty()) {
            port = OptionalInt.of(listener.listen(address));
        }
        return port.getAsInt();
    }

    /// Accepts the sessions of one more run until the subscription is closed.
    ///
    /// @param health of that run; must not block
    public Subscription add(Gateway gateway, Supplier<WorkerHealth> health) {
        var run = new ServedRun(gateway, health);
        runs.add(run);
        return () -> runs.remove(run);
    }

    private void serve(InboundConnection connection) throws InterruptedException {
        var head = connection.head();
        if (head.header("Origin").isPresent()) {
            connection.answer(HttpResponse.json(403, "{\"error\":\"origin not allowed\"}"));
        } else if (head.isUpgrade()) {
            var gateway = gatewayAt(head.path());
            if (gateway.isPresent()) {
                gateway.get().serve(connection);
            } else {
                connection.answer(notFound());
            }
        } else {
            var gateway = gatewayAt(Gateway.runOf(head.path()));
            if (gateway.isPresent()) {
                gateway.get().serveCall(connection);
            } else {
                connection.answer(statusResponse(head));
            }
        }
    }

    /// Compares every path in constant time: the path is a secret that grants access to the worker.
    private Optional<Gateway> gatewayAt(String path) {
        var found = Optional.<Gateway>empty();
        for (var run : runs) {
            if (run.gateway().hasPath(path)) {
                found = Optional.of(run.gateway());
            }
        }
        return found;
    }

    private HttpResponse statusResponse(RequestHead head) {
        return switch (head.path()) {
            case "/", "/health" -> HealthText.of(newest(), previousRuns());
            case "/health/ready" -> HealthText.ready(newest());
            case "/metrics" -> metrics.metrics(head.header("Accept").orElse(""));
            case "/favicon.ico" -> HttpResponse.empty(204);
            default -> notFound();
        };
    }

    private Optional<WorkerHealth> newest() {
        var now = List.copyOf(runs);
        return now.isEmpty()
                ? Optional.empty()
                : Optional.of(now.getLast().health().get());
    }

    private List<WorkerHealth> previousRuns() {
        var now = List.copyOf(runs);
        return now.stream()
                .limit(Math.max(0, now.size() - 1))
                .map(run -> run.health().get())
                .toList();
    }

    private static HttpResponse notFound() {
        return HttpResponse.json(404, "{\"error\":\"not found\"}");
    }

    @Override
    public void close() {
        listener.close();
    }
}
