package dev.greenroom.ops.tracing;

import dev.greenroom.ops.tracing.SessionTrace.SessionTimings;
import dev.greenroom.proxy.client.ClientConnection;
import dev.greenroom.proxy.client.ClientConnection.ReadRequest;
import dev.greenroom.proxy.client.SessionObserver;
import dev.greenroom.proxy.client.SessionObserver.TraceContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Starts a trace per client, or continues the one in its request.
record SessionTracer(Tracer tracer, InstantSource clock, LongSupplier nanoTime) implements SessionObserver {
    @Override
    public Visit began(ClientConnection client) {
        var now = clock.instant();
        var times = new SessionTimings(
                TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano(), nanoTime.getAsLong(), nanoTime);
        var connect = tracer.spanBuilder("connect")
                .setSpanKind(SpanKind.SERVER)
                .setParent(client.trace().map(SessionTracer::parent).orElseGet(Context::root))
                .setStartTimestamp(times.began(), TimeUnit.NANOSECONDS)
                .setAttribute("greenroom.session.id", client.session().toString())
                .setAttribute("client.address", client.remote().getAddress().getHostAddress());
        if (client.request() instanceof ReadRequest.Request(var request)) {
            request.version().ifPresent(version -> connect.setAttribute("playwright.version", version.toString()));
            request.browser().ifPresent(browser -> connect.setAttribute("greenroom.browser", browser.toString()));
        }
        return new SessionTrace(tracer, times, client, connect.startSpan());
    }

    private static Context parent(TraceContext trace) {
        return W3CTraceContextPropagator.getInstance().extract(Context.root(), trace, Fields.GETTER);
    }

    /// Reads the two header fields for the propagator.
    private enum Fields implements TextMapGetter<TraceContext> {
        GETTER;

        @Override
        public Iterable<String> keys(TraceContext trace) {
            return List.of(TraceContext.PARENT_HEADER, TraceContext.STATE_HEADER);
        }

        @Override
        public @Nullable String get(@Nullable TraceContext trace, String field) {
            if (trace == null) {
                return null;
            }
            return switch (field) {
                case TraceContext.PARENT_HEADER -> trace.parent();
                case TraceContext.STATE_HEADER -> trace.state().orElse(null);
                default -> null;
            };
        }
    }
}
