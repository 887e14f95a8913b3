package dev.greenroom.ops.tracing;

import dev.greenroom.net.relay.Relay.RelayResult;
import dev.greenroom.net.server.RefusalResponses;
import dev.greenroom.ops.metrics.Metric.MetricLabel;
import dev.greenroom.proxy.client.ClientConnection;
import dev.greenroom.proxy.client.SessionLog.Connect;
import dev.greenroom.proxy.client.SessionObserver;
import dev.greenroom.proxy.client.SessionObserver.TraceContext;
import dev.greenroom.session.Refusal;
import dev.greenroom.session.SessionEnding.Cause;
import dev.greenroom.session.WorkerId;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// The spans of one client: `connect`, and its children `queue`, `select`, `dial` for each worker that was
/// tried, `upgrade` and `relay`. Confined to the thread of its session.
final class SessionTrace implements SessionObserver.Visit {
    private static final String OUTCOME = "greenroom.outcome";
    private static final String WORKER = "greenroom.worker";
    private static final int SERVER_ERROR = 500;

    /// Endings that are errors of the grid. The loss of a client is not.
    private static final Set<Cause> FAULTS = Set.of(
            Cause.WORKER_LOST,
            Cause.BROWSER_CRASHED,
            Cause.PEER_TIMED_OUT,
            Cause.WRITE_STALLED,
            Cause.PROTOCOL_ERROR,
            Cause.INTERNAL_ERROR);

    private final Tracer tracer;
    private final SessionTimings times;
    private final ClientConnection client;
    private final Span connect;
    private final Context inside;

    /// The measurements before the last worker was dialled.
    private Connect spent = Connect.NONE;
    private long dialBegan;
    private @Nullable Span dial;
    private @Nullable Span relay;

    /// The end of the last child span.
    private long lastEnd;

    SessionTrace(Tracer tracer, SessionTimings times, ClientConnection client, Span connect) {
        this.tracer = tracer;
        this.times = times;
        this.client = client;
        this.connect = connect;
        this.inside = Context.root().with(connect);
        this.lastEnd = times.began();
    }

    @Override
    public Optional<TraceContext> dialling(WorkerId worker, Connect soFar) {
        if (dial != null) {
            endFailedDial(dial, dialBegan + soFar.dialNanos() - spent.dialNanos());
        }
        var now = times.now();
        var asked = now - (soFar.selectNanos() - spent.selectNanos());
        phase("queue", asked - (soFar.queueNanos() - spent.queueNanos()), asked);
        phase("select", asked, now);
        spent = soFar;
        dialBegan = now;
        dial = begin("dial", now)
                .setSpanKind(SpanKind.CLIENT)
                .setAttribute(WORKER, worker.toString())
                .startSpan();
        return context(dial);
    }

    private static Optional<TraceContext> context(Span span) {
        Map<String, String> fields = new HashMap<>();
        W3CTraceContextPropagator.getInstance().inject(Context.root().with(span), fields, (carrier, name, value) -> {
            if (carrier != null) {
                carrier.put(name, value);
            }
        });
        return TraceContext.of(values(fields, TraceContext.PARENT_HEADER), values(fields, TraceContext.STATE_HEADER));
    }

    private static List<String> values(Map<String, String> fields, String name) {
        return Optional.ofNullable(fields.get(name)).stream().toList();
    }

    private SpanBuilder begin(String name, long at) {
        return tracer.spanBuilder(name)
                .setParent(inside)
                .setStartTimestamp(at, TimeUnit.NANOSECONDS)
                .setAttribute("greenroom.session.id", client.session().toString());
    }

    private void phase(String name, long from, long to) {
        end(begin(name, from).startSpan(), to);
    }

    private static void end(Span span, long at) {
        span.end(at, TimeUnit.NANOSECONDS);
    }

    private void endFailedDial(Span tried, long at) {
        end(tried.setStatus(StatusCode.ERROR, "the worker did not take the session"), at);
        dial = null;
        lastEnd = at;
    }

    @Override
    public void connected(WorkerId worker, Connect measured, long totalNanos) {
        var answered = dialBegan + measured.dialNanos() + measured.upgradeNanos() - spent.dialNanos();
        var reached = answered - measured.upgradeNanos();
        if (dial != null) {
            end(dial, reached);
            dial = null;
        }
        phase("upgrade", reached, answered);
        var now = times.now();
        nameTenant();
        connect.setAttribute(OUTCOME, "connected")
                .setAttribute("greenroom.browser", worker.browser().toString())
                .setAttribute("greenroom.protocol", client.protocol().wireName())
                .setAttribute("greenroom.tries", measured.tries());
        end(connect.setAttribute(WORKER, worker.toString()), now);
        relay = begin("relay", now).setAttribute(WORKER, worker.toString()).startSpan();
    }

    /// The tenant is known once the token of the client was checked.
    private void nameTenant() {
        client.tenant().ifPresent(tenant -> connect.setAttribute("greenroom.tenant", tenant));
    }

    @Override
    public void refused(Refusal why) {
        var status = RefusalResponses.answer(why).status();
        connect.setAttribute("http.response.status_code", status);
        finish(MetricLabel.value(why), status >= SERVER_ERROR, why instanceof Refusal.NoSlot);
    }

    @Override
    public void left() {
        finish(MetricLabel.value(new Refusal.ClientLeft()), false, true);
    }

    /// @param waited whether the client was queued, if no worker is being dialled
    private void finish(String outcome, boolean error, boolean waited) {
        var now = times.now();
        if (relay != null) {
            end(relay.setAttribute("greenroom.ending", outcome), now);
            return;
        }
        if (dial != null) {
            end(error ? dial.setStatus(StatusCode.ERROR, outcome) : dial, now);
            dial = null;
        } else if (waited) {
            phase("queue", lastEnd, now);
        }
        nameTenant();
        connect.setAttribute(OUTCOME, outcome);
        if (error) {
            connect.setStatus(StatusCode.ERROR, outcome);
        }
        end(connect, now);
    }

    @Override
    public void ended(RelayResult result, long totalNanos) {
        if (relay == null) {
            return;
        }
        var ending = result.ending();
        var traffic = result.traffic();
        var cause = MetricLabel.value(ending.cause());
        relay.setAttribute("greenroom.ending", cause)
                .setAttribute("greenroom.bytes.from_client", traffic.bytesFromClient())
                .setAttribute("greenroom.bytes.from_worker", traffic.bytesFromWorker());
        if (ending.close().isPresent()) {
            relay.setAttribute("greenroom.close.code", ending.close().get().code());
        }
        if (FAULTS.contains(ending.cause())) {
            relay.setStatus(StatusCode.ERROR, cause);
        }
        end(relay, times.now());
    }

    /// Monotonic times of one client, in nanoseconds since 1970: the wall clock is read once.
    ///
    /// @param began the start, by the wall clock
    /// @param nanoBegan the start, by the monotonic clock
    record SessionTimings(long began, long nanoBegan, LongSupplier nanoTime) {
        long now() {
            return began + (nanoTime.getAsLong() - nanoBegan);
        }
    }
}
